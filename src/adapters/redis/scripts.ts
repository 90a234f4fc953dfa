/**
 * The one way to write: conditions first, then changes, all or nothing, in the epoch of the caller only.
 * KEYS: epoch, sequence, marks. ARGV: epoch, least sequence, checks and writes as JSON, process, its own last sequence.
 * The marks tell each process whether its own last commit is still there, however many others have written since.
 * Answers {'ok', sequence, now} | {'no', index of the check, ms missing, now} | {'lost', epoch, sequence}.
 */
export const COMMIT = `
local epoch = redis.call('GET', KEYS[1])
local sequence = tonumber(redis.call('GET', KEYS[2]) or '0')
if epoch ~= ARGV[1] or sequence < tonumber(ARGV[2])
  or tonumber(redis.call('HGET', KEYS[3], ARGV[5]) or '0') < tonumber(ARGV[6]) then return {'lost', epoch or '', tostring(sequence)} end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
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
 * Gives the store a new identity, unless somebody did already; what it knew about the feed is void with the old one, so
 * that every row failed "before its knowledge began". KEYS: epoch, what is void. ARGV: known epoch, new epoch.
 */
export const RENEW_EPOCH = `
local epoch = redis.call('GET', KEYS[1])
if not epoch or epoch == ARGV[1] then
  for index = 2, #KEYS do redis.call('DEL', KEYS[index]) end
  redis.call('SET', KEYS[1], ARGV[2])
  return ARGV[2]
end
return epoch
`;
