-- Gives KEYS[1] a whole lease of ARGV[2] milliseconds again if it holds the token ARGV[1].
if redis.call('get', KEYS[1]) ~= ARGV[1] then
    return 0
end
redis.call('pexpire', KEYS[1], ARGV[2])
return 1
