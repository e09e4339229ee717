-- sysbench as a loader of script_execution, for scripts/compare: `sysbench compare.lua load --threads=N --rows=R --batch=B`.
--
-- The rows are those of parloader's built-in plan (parloader/builtin/plan.py, default parameters, parents with the keys
-- 1 to 10 and 1 to 100), thread N of them a contiguous share. They go through sysbench's own bulk insert, which is C: it gathers
-- rows into multi-row INSERTs of up to 512 KiB (BULK_PACKET_SIZE in its db_driver.c) and, on MySQL, never commits by itself. So a
-- batch of 10,000 rows is two statements, and the COMMIT after each batch is ours.
--
-- Lean on purpose, so that sysbench is not slowed down by its script: what repeats is made once (the columns between key and date
-- repeat every 200 rows, the minutes of a day, the seconds of a minute); a row is one concatenation.

sysbench.cmdline.options = {
   rows = {"Rows of the whole table", 1000000},
   batch = {"Rows of a transaction", 10000},
}

local START_DAY = 19723 -- 2024-01-01, in days since 1970-01-01
local SPAN_MS = 365 * 86400 * 1000
local PERIOD = 200 -- 10 references, and 100 schedules and 100 triggers on alternate rows

local floor = math.floor

-- The columns between the key and the dates of the rows i mod 200
local between = {}
for i = 0, PERIOD - 1 do
   local reference, parent = i % 10 + 1, floor(i / 2) % 100 + 1
   if i % 2 == 0 then
      between[i] = string.format(",%d,%d,%d,'", reference, reference, parent)
   else
      between[i] = string.format(",%d,%d,NULL,NULL,%d,'", reference, reference, parent)
   end
end

local minutes, seconds = {}, {}
for m = 0, 1439 do minutes[m] = string.format(" %02d:%02d", floor(m / 60), m % 60) end
for s = 0, 59 do seconds[s] = string.format(":%02d", s) end

local days = setmetatable({}, {
   __index = function(made, day)
      made[day] = os.date("!%Y-%m-%d", (START_DAY + day) * 86400)
      return made[day]
   end,
})

-- A DATETIME, so many seconds after the start
local function moment(after)
   local day = floor(after / 86400)
   local minute = floor(after / 60)
   return days[day] .. minutes[minute - day * 1440] .. seconds[after - minute * 60]
end

local function load_batch(connection, first, stop, rows)
   -- floor(i × span / rows) in two parts: a double holds integers up to 2^53 only
   local whole_ms = floor(SPAN_MS / rows)
   local rest_ms = SPAN_MS - whole_ms * rows
   connection:bulk_insert_init(
      "INSERT INTO script_execution (id, script_reference_id, script_version_id, schedule_id, planned, triggering_event_id, created_at) VALUES")
   for i = first, stop - 1 do
      local after = floor((i * whole_ms + floor(i * rest_ms / rows)) / 1000)
      if i % 2 == 0 then
         connection:bulk_insert_next("(" .. i + 1 .. between[i % PERIOD] .. moment(after) .. "',NULL,'" .. moment(after + 1) .. "')")
      else
         connection:bulk_insert_next("(" .. i + 1 .. between[i % PERIOD] .. moment(after) .. "')")
      end
   end
   connection:bulk_insert_done()
   connection:query("COMMIT")
end

local function load()
   local rows, batch, threads = sysbench.opt.rows, sysbench.opt.batch, sysbench.opt.threads
   local connection = sysbench.sql.driver():connect()
   connection:query("SET SESSION foreign_key_checks = 1, unique_checks = 1, time_zone = '+00:00', autocommit = 0")
   local first = floor(rows * sysbench.tid / threads)
   local stop = floor(rows * (sysbench.tid + 1) / threads)
   for at = first, stop - 1, batch do
      load_batch(connection, at, math.min(at + batch, stop), rows)
   end
   connection:disconnect()
end

sysbench.cmdline.commands = {load = {load, sysbench.cmdline.PARALLEL_COMMAND}}
