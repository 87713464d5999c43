-- Argo CD's health of every kind of belvedere.dev. Follows the same status contract as kstatus (Flux, kpt): observedGeneration,
-- Reconciling, Stalled, Ready. Uses nothing but Lua's base functions, which is all that a script in argocd-cm has.

local function answer(status, message)
  return {status = status, message = message}
end

local function condition(kind)
  for _, found in ipairs(obj.status.conditions or {}) do
    if found.type == kind then
      return found
    end
  end
  return {status = "Unknown", reason = "", message = ""}
end

local function because(found)
  return (found.reason or "") .. ": " .. (found.message or "")
end

if obj.metadata.deletionTimestamp ~= nil then
  return answer("Progressing", "Being deleted")
end
if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return answer("Progressing", "Waiting for the operator to see this generation")
end

local ready = condition("Ready")
local stalled = condition("Stalled")
local reconciling = condition("Reconciling")

if (obj.spec or {}).managementState == "Paused" or ready.reason == "Paused" then
  return answer("Suspended", "managementState is Paused")
end
if stalled.status == "True" then
  return answer("Degraded", because(stalled))
end
if ready.status == "True" and ready.observedGeneration == obj.metadata.generation then
  return answer("Healthy", because(ready))
end
if reconciling.status == "True" then
  return answer("Progressing", because(reconciling))
end
if ready.status == "False" then
  return answer("Degraded", because(ready))
end
return answer("Progressing", "Waiting for the first status")
