-- Extends the lease of KEYS[1] if it holds the token ARGV[1] and has a TTL.
-- ARGV[2]: milliseconds; ARGV[3]: "1" sets the time left to them, "0" adds them. 1 done, 0 not ours.
if redis.call('get', KEYS[1]) ~= ARGV[1] then
    return 0
end
local left = redis.call('pttl', KEYS[1])
if left < 0 then
    return 0
end
if ARGV[3] == '1' then
    left = 0
end
redis.call('pexpire', KEYS[1], left + ARGV[2])
return 1
