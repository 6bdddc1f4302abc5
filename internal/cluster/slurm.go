package cluster

import (
	"fmt"
	"io"
	"strings"
)

// writeSlurm writes a script for sbatch. Its last command replaces the shell, so that the signals of Slurm reach the training. A job
// that is requeued, as after the loss of its node, goes on from the last checkpoint and writes to the same log.
func (a *Array) writeSlurm(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/bash\n#SBATCH --job-name=%s\n#SBATCH --array=0-%d", a.name(), a.Count-1)
	if a.AtOnce > 0 {
		fmt.Fprintf(&b, "%%%d", a.AtOnce)
	}
	fmt.Fprintf(&b, "\n#SBATCH --ntasks=1\n#SBATCH --cpus-per-task=%d\n", a.CPUs)
	if a.Seconds > 0 && a.Bytes > 0 {
		m := a.minutes()
		fmt.Fprintf(&b, "#SBATCH --mem=%dM\n#SBATCH --time=%d-%02d:%02d:00\n", a.mebibytes(), m/(24*60), m/60%24, m%60)
	}
	fmt.Fprintf(&b, "#SBATCH --requeue\n#SBATCH --open-mode=append\n#SBATCH --output=%%x-%%A_%%a.log\n#SBATCH --signal=B:USR1@%d\n", signalSeconds)
	fmt.Fprintf(&b, "# %s\n", a.asked())
	fmt.Fprintf(&b, "set -euo pipefail\ncd -- %s\nexec %s run %s --index \"$SLURM_ARRAY_TASK_ID\"\n", quoted(a.Folder), quoted(a.Program), quoted(a.Plan))
	_, err := io.WriteString(w, b.String())
	return err
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
