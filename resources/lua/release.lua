-- Deletes the lock KEYS[1] if it holds the token ARGV[1]. 1 done, 0 not ours.
if redis.call('get', KEYS[1]) ~= ARGV[1] then
    return 0
end
redis.call('del', KEYS[1])
return 1
