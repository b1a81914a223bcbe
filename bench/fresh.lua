-- For wrk: every request asks for a URL of its own, so that no route that was kept is measured.
local number = os.time() % 100000 * 1000000

request = function()
  number = number + 1
  return wrk.format("GET", "/articles/" .. number .. "/a-title-of-some-words?page=" .. number % 50)
end
