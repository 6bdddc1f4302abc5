package inputs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/torture/row"
)

// run is a program to be run in a folder, with caches in it and no network but what Env says.
type run struct {
	Binary, Dir string
	Env, Args   []string
}

// process is a run of the program that has ended.
type process struct {
	Code      int
	Out, Talk string // stdout and stderr
	Peak      int64  // bytes of memory; not below those of the process that started it
}

// patience bounds a run: what reads a pipe or /dev/zero would never end.
const patience = time.Minute

// execute runs the program under test.
func execute(t *row.Trial, dir string, env []string, args ...string) (*process, error) {
	return (&run{t.Binary, dir, env, args}).wait(t)
}

// command is the program, not yet started.
func (r *run) command(ctx context.Context) *exec.Cmd {
	c := exec.CommandContext(ctx, r.Binary, r.Args...)
	home := filepath.Join(r.Dir, "home")
	c.Dir = r.Dir
	c.Env = append([]string{"HOME=" + home, "XDG_CACHE_HOME=" + filepath.Join(home, ".cache"), "HF_HUB_OFFLINE=1", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}, r.Env...)
	return c
}

// wait runs the program to its end.
func (r *run) wait(ctx context.Context) (*process, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c := r.command(ctx)
	var out, talk bytes.Buffer
	c.Stdout, c.Stderr = &out, &talk
	err := c.Run()
	var exit *exec.ExitError
	if ctx.Err() != nil {
		return nil, fmt.Errorf("dylora %s: not ended after %v", strings.Join(r.Args, " "), patience)
	}
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	return &process{c.ProcessState.ExitCode(), out.String(), talk.String(), peak(c.ProcessState)}, nil
}

// refused checks that the program ended as errors of a class do, with one line on stderr, or with
// the one that names its help.
func (p *process) refused(class fault.Class) error {
	lines := strings.Count(p.Talk, "\n")
	if class == fault.Usage {
		lines--
	}
	if p.Code != int(class) || lines != 1 || !strings.HasPrefix(p.Talk, "dylora: ") || p.Out != "" || strings.ContainsFunc(strings.ReplaceAll(p.Talk, "\n", ""), unprintable) {
		return fmt.Errorf("exit %d, want %d; stdout %.100q, stderr %.500q", p.Code, class, p.Out, p.Talk)
	}
	return nil
}

// listed is every path below a folder, with what shows that somebody wrote there.
func listed(dir string) (map[string]string, error) {
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		all[path] = fmt.Sprint(info.Mode(), info.ModTime())
		if !e.IsDir() {
			all[path] += fmt.Sprint(info.Size())
		}
		return nil
	})
	return all, err
}

// sameList checks that nothing was written, made or removed below a folder.
func sameList(dir string, before map[string]string) error {
	after, err := listed(dir)
	if err != nil || maps.Equal(before, after) {
		return err
	}
	for path, what := range after {
		if before[path] != what {
			return fmt.Errorf("%s was written: %s, and was %q", path, what, before[path])
		}
	}
	return errors.New("a file was removed")
}
