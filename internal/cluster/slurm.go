package cluster

import (
	"fmt"
	"strings"
)

// Time is the time limit to ask Slurm for, in days, hours, minutes and seconds. The script's last command replaces the shell, so that the signals of
// Slurm reach the training. A job that is requeued, as after the loss of its node, goes on from the last checkpoint and writes to the
// same log.
func (a *Array) Time() string {
	m := a.minutes()
	return fmt.Sprintf("%d-%02d:%02d:00", m/(24*60), m/60%24, m%60)
}

// quoted is a word of a shell that stands for s, whatever s is.
func quoted(s string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("/._-+", c)
	}
	if s != "" && strings.IndexFunc(s, func(c rune) bool { return !plain(c) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
