-- Puts the token ARGV[2] with a lease of ARGV[3] milliseconds in the place of the token ARGV[1],
-- in one step: no waiter gets in between. 1 done, 0 the lock holds another token or none.
if redis.call('get', KEYS[1]) ~= ARGV[1] then
    return 0
end
redis.call('set', KEYS[1], ARGV[2], 'px', ARGV[3])
return 1
