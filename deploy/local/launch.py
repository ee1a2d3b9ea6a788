"""The first instructions of every child process: give up root if asked, tie its life to its parent, become the program.

Run as ``python -I -S launch.py <plan as JSON> program argument…``; standard library only, because it runs before
anything else and as another user. The plan: ``parent`` (pid), ``death_signal`` (sent by the kernel when the parent
is gone), ``uid``, ``gid`` (None: stay who we are) and ``reach`` (keep the right to pass folders closed to that user).
A shell's ``setpriv`` does the same, but is not on every Linux.
"""

import ctypes
import json
import os
import sys

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2  # <linux/prctl.h>
CAPABILITY_VERSION_3 = 0x20080522  # <linux/capability.h>
CAP_DAC_OVERRIDE = 1


class _CapHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapData(ctypes.Structure):
    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


def _checked(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        sys.exit(f"launch: {what}: {os.strerror(code)}")


def _become(libc: ctypes.CDLL, uid: int, gid: int, *, reach: bool) -> None:
    if reach:
        _checked(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "keep capabilities")
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if reach:
        _keep_reach(libc)


def _keep_reach(libc: ctypes.CDLL) -> None:
    """Keep exactly CAP_DAC_OVERRIDE over the coming exec, so that a project below /root (mode 700) works too."""
    bit = 1 << CAP_DAC_OVERRIDE
    data = (_CapData * 2)(_CapData(bit, bit, bit), _CapData(0, 0, 0))
    header = _CapHeader(CAPABILITY_VERSION_3, 0)
    _checked(libc.capset(ctypes.byref(header), ctypes.byref(data)), "set capabilities")
    _checked(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0), "raise a capability")


def _die_with(libc: ctypes.CDLL, parent: int, signal_number: int) -> None:
    """After the change of user, which clears it. The parent may have died before: then there is nothing to do."""
    _checked(libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "tie to the parent")
    if os.getppid() != parent:
        sys.exit("launch: the parent is gone")


def main() -> None:
    plan, program = json.loads(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if plan["uid"] is not None:
            _become(libc, plan["uid"], plan["gid"], reach=plan["reach"])
        _die_with(libc, plan["parent"], plan["death_signal"])
    os.execv(program[0], program)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main()
