/** An epoch tells when it began, so that an older one, back from a backup, is known for what it is. */
const NEW_EPOCH = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function begun(epoch) return tonumber(string.match(epoch, '^t(%d+)%-') or '0') end
local function renew(after, unique, first)
  for index = first, #KEYS do redis.call('DEL', KEYS[index]) end
  local epoch = string.format('t%d-%s', math.max(now, after + 1), unique)
  redis.call('SET', KEYS[1], epoch)
  return epoch
end
`;

/**
 * The one way to write: conditions first, then changes, all or nothing, in the epoch of the caller only.
 * KEYS: epoch, sequence, marks, what is void in a new epoch. ARGV: epoch, least sequence, checks and writes as JSON,
 * process, its own last sequence. The marks tell each process whether its own last commit is still there, however many
 * others have written since. Who finds that the store went back begins a new epoch in the same step: should it die
 * right then, nobody goes on as if nothing had happened.
 * Answers {'ok', sequence, now} | {'no', index of the check, ms missing, now} | {'lost', epoch, sequence}.
 */
export const COMMIT = `${NEW_EPOCH}
local epoch = redis.call('GET', KEYS[1])
local sequence = tonumber(redis.call('GET', KEYS[2]) or '0')
local isOwn = epoch == ARGV[1]
local isBehind = isOwn and (sequence < tonumber(ARGV[2])
  or tonumber(redis.call('HGET', KEYS[3], ARGV[5]) or '0') < tonumber(ARGV[6]))
local isOlder = epoch and not isOwn and begun(epoch) < begun(ARGV[1])
if isBehind or isOlder then epoch = renew(begun(ARGV[1]), ARGV[5], 4) end
if isBehind or not isOwn then return {'lost', epoch or '', tostring(sequence)} end
local checks, writes = cjson.decode(ARGV[3]), cjson.decode(ARGV[4])
local function missing(check)
  if check.is == 'equal' then
    local found
    if check.field then found = redis.call('HGET', check.key, check.field) else found = redis.call('GET', check.key) end
    if check.value == nil or check.value == cjson.null then return found and 0 or nil end
    return found ~= check.value and 0 or nil
  elseif check.is == 'room' then
    if check.member then
      local score = redis.call('ZSCORE', check.key, check.member)
      if score and tonumber(score) > now then return nil end
    end
    return redis.call('ZCOUNT', check.key, '(' .. now, '+inf') >= check.below and 0 or nil
  elseif check.is == 'member' then
    return not redis.call('ZSCORE', check.key, check.member) and 0 or nil
  else
    local wait = tonumber(redis.call('GET', check.key) or '0') - now - check.slackMs
    return wait > 0 and wait or nil
  end
end
for index, check in ipairs(checks) do
  local wait = missing(check)
  if wait then return {'no', tostring(index - 1), tostring(math.ceil(wait)), tostring(now)} end
end
for _, write in ipairs(writes) do
  if write[1] == 'pace' then
    local at = tonumber(redis.call('GET', write[2]) or '0')
    local interval = tonumber(write[3])
    if at < now then at = now end
    redis.call('SET', write[2], string.format('%.3f', at + interval), 'PX', string.format('%d', math.ceil(at + interval - now) + 60000))
  else
    redis.call(unpack(write))
  end
end
sequence = redis.call('INCR', KEYS[2])
redis.call('HSET', KEYS[3], ARGV[5], sequence)
return {'ok', tostring(sequence), tostring(now)}
`;

/** Takes turns, spaced: KEYS: pace. ARGV: interval, count. Answers {ms until the first turn, now}. */
export const RESERVE = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local at = tonumber(redis.call('GET', KEYS[1]) or '0')
if at < now then at = now end
local next = at + tonumber(ARGV[1]) * tonumber(ARGV[2])
redis.call('SET', KEYS[1], string.format('%.3f', next), 'PX', string.format('%d', math.ceil(next - now) + 60000))
return {tostring(math.ceil(at - now)), tostring(now)}
`;

/**
 * Takes on the store's identity, and gives it one where it has none; what it knew about the feed is void then, so that
 * every row failed "before its knowledge began". KEYS: epoch, sequence, what is void. ARGV: what makes it unique.
 * Answers {epoch, sequence}.
 */
export const ATTACH = `${NEW_EPOCH}
local epoch = redis.call('GET', KEYS[1]) or renew(0, ARGV[1], 3)
return {epoch, redis.call('GET', KEYS[2]) or '0'}
`;

/** What a hash has for the members of a range. KEYS: hash, sorted set. ARGV: command, from, to, limit. Changes nothing. */
export const HGET_RANGE = `
local members = redis.call(ARGV[1], KEYS[2], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
if #members == 0 then return {} end
return redis.call('HMGET', KEYS[1], unpack(members))
`;
