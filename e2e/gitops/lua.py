"""Runs Argo CD's health script as Argo CD does: in a real Lua, with its base and table libraries and nothing else."""

import json
import shutil
import subprocess

INTERPRETER = "lua5.3"

# Argo CD opens base and table only, so that even ("x"):lower() fails: strings have no methods there.
SANDBOX = """
local source, text = ...
debug.setmetatable("", nil)
local allowed = {assert=assert, error=error, ipairs=ipairs, next=next, pairs=pairs, pcall=pcall, rawequal=rawequal,
  rawget=rawget, rawset=rawset, select=select, setmetatable=setmetatable, getmetatable=getmetatable, tonumber=tonumber,
  tostring=tostring, type=type, unpack=table.unpack, table=table}
allowed._G = allowed
allowed.obj = assert(load("return " .. text, "object", "t", {}))()
local answer = assert(loadfile(source, "t", allowed))()
assert(type(answer) == "table", "the script returns no table")
io.write(answer.status or "", "\\n", answer.message or "")
"""


def literal(value):
    """A JSON-like value as a Lua expression. Numbers are floating point, as they are in Argo CD."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(float(value))
    if isinstance(value, str):
        return '"' + "".join(f"\\{byte:03d}" for byte in value.encode()) + '"'
    if isinstance(value, list):
        return "{" + ",".join(literal(item) for item in value) + "}"
    return "{" + ",".join(f"[{literal(key)}]={literal(item)}" for key, item in value.items()) + "}"


def health(script, resource):
    """(status, message) that `script` gives for `resource`."""
    if shutil.which(INTERPRETER) is None:
        raise AssertionError(f"{INTERPRETER} is missing: apt-get install {INTERPRETER}")
    done = subprocess.run([INTERPRETER, "-", str(script), literal(json.loads(json.dumps(resource)))],
                          input=SANDBOX, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(done.stderr.strip())
    status, _, message = done.stdout.partition("\n")
    return status, message
