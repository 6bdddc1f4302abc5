package main

import (
	"os"
	"os/exec"
	"syscall"
)

// jailed is a program in a root of its own, as user 65532, with no variable in its environment. ok is false where this
// process may not do so.
func jailed(root, program string, args []string) (cmd *exec.Cmd, ok bool) {
	cmd = &exec.Cmd{Path: program, Args: append([]string{program}, args...), Dir: "/work", Env: []string{}}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	return cmd, os.Getuid() == 0
}
