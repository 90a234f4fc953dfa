#!/usr/bin/env node
console.log('remediator');
