//go:build linux

package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/train"
)

// homes are home folders and folders of temporary files that cannot be used.
func (o *odd) homes() (all []oddCase) {
	predicts := func(dir string, env ...string) error {
		x := o.writers["packed cache"]
		if err := x.prepare(dir); err != nil {
			return err
		}
		c := command(o.t, o.t, dir, x.args...)
		c.Env = environment(dir, env...)
		if len(env) == 0 {
			c.Env = slices.DeleteFunc(c.Env, func(e string) bool { return strings.HasPrefix(e, "HOME=") })
		}
		if _, err := well(run(c)); err != nil {
			return err
		}
		got, err := tree(dir)
		if err == nil && got["answers.jsonl"] != x.after["answers.jsonl"] {
			err = errors.New("other answers")
		}
		return err
	}
	for name, env := range map[string][]string{
		"no home":                           nil,
		"a home that is not there":          {"HOME=/proc/none"},
		"a home that is a device":           {"HOME=/dev/null"},
		"an empty home":                     {"HOME="},
		"no folder of temporary files":      {"TMPDIR=/proc/none"},
		"an empty folder of caches":         {"XDG_CACHE_HOME="},
		"a folder of caches that is a file": {"XDG_CACHE_HOME=texts.txt"},
	} {
		all = append(all, oddCase{name, func(dir string) error { return predicts(dir, env...) }})
	}
	all = append(all, oddCase{"a home that is full", func(dir string) error {
		can, err := onDisk(dir, 4096, func(disk string, _ func() error) error {
			return predicts(filepath.Join(disk, ".."), "HOME="+disk)
		})
		if !can {
			err = predicts(dir, "HOME=/proc/none")
		}
		return err
	}})
	slices.SortFunc(all, func(a, b oddCase) int { return strings.Compare(a.name, b.name) })
	return all
}

// strange are names that files can have.
func strange() map[string]string {
	return map[string]string{
		"a newline": "a\nb", "a leading dash": "-rf", "no UTF-8": "a\xff\xfeb", "255 bytes": strings.Repeat("x", 255), "spaces": " a  b ", "an asterisk": "*[a]?",
		"a dollar": "$(touch x)", "umlauts": strings.Repeat("ü", 127), "quotes": `'"`, "a backslash": `a\b`, "a percent sign": "%s%d%n", "an escape": "\x1b[31mred", "a tilde": "~", "a hash": ".x-12",
	}
}

// names are trainings, slices and answers with strange names, and a path that leads around in a circle.
func (o *odd) names() (all []oddCase) {
	for what, name := range strange() {
		all = append(all, oddCase{"a name with " + what, func(dir string) error { return o.called(dir, name) }})
	}
	for _, args := range []string{
		"train --run loop/x", "slice --rank 2 --adapter " + place + " --out loop/out", "predict --in loop/texts --adapter " + place, "predict --in texts.txt --out loop/a.jsonl --adapter " + place,
		"merge --adapter loop --rank 2", "inspect --adapter loop/x", "train --model loop", "train --task loop.csv --run " + place + "2", "sweep --adapter " + place + " --plot loop/a.svg",
	} {
		all = append(all, oddCase{"a circle of links, " + args, func(dir string) error { return o.circle(dir, strings.Fields(args)) }})
	}
	slices.SortFunc(all, func(a, b oddCase) int { return strings.Compare(a.name, b.name) })
	return all
}

// called trains in a folder of that name, and slices and predicts from and to such.
func (o *odd) called(dir, name string) error {
	for i, a := range o.args {
		if a == place { // the argument of --run
			args := slices.Clone(o.args)
			args[i-1], args[i] = "--run="+filepath.Join("runs", name), "--quiet"
			if _, err := well(dylora(o.t, dir, args...)); err != nil {
				return err
			}
		}
	}
	for _, file := range []string{"metrics.jsonl", "adapter/adapter_model.safetensors"} {
		b, err := os.ReadFile(filepath.Join(dir, "runs", name, file))
		if err != nil {
			return err
		}
		if string(b) != o.want[file] {
			return fmt.Errorf("%s is another", file)
		}
	}
	if last, _, err := train.NewestCheckpoint(filepath.Join(dir, "runs", name)); err != nil || last != o.last {
		return errors.Join(err, fmt.Errorf("the newest checkpoint is %q, want %q", last, o.last))
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte("a good film\n"), 0o666); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, "to"), 0o777); err != nil {
		return err
	}
	for range 2 { // the second time over the first
		if _, err := well(dylora(o.t, dir, "slice", "--rank=2", "--force", "--adapter="+filepath.Join("runs", name), "--out="+filepath.Join("to", name))); err != nil {
			return err
		}
		if _, err := well(dylora(o.t, dir, "predict", "--format=text", "--json", "--in="+name, "--out="+name+".answers"[:min(8, 255-len(name))], "--adapter="+filepath.Join("to", name))); err != nil {
			return err
		}
	}
	left, err := os.ReadDir(filepath.Join(dir, "to"))
	if err == nil && (len(left) != 1 || left[0].Name() != name) {
		err = fmt.Errorf("there are %q", left)
	}
	return err
}

// circle is refused in a line that names the path, and nothing is written.
func (o *odd) circle(dir string, args []string) error {
	x := o.writers["predict"]
	if err := x.prepare(dir); err != nil {
		return err
	}
	for from, to := range map[string]string{"loop": "pool", "pool": "loop", "loop.csv": "loop.csv"} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			return err
		}
	}
	before, err := tree(dir)
	if err != nil {
		return err
	}
	r, err := dylora(o.t, dir, args...)
	if err != nil {
		return err
	}
	if r.code < 1 || r.code > 4 || !strings.Contains(r.talk, "loop") || strings.Contains(r.talk, "goroutine ") {
		return fmt.Errorf("want a line that names the path: %v", r)
	}
	after, err := tree(dir)
	if err == nil {
		if d := differences(after, before); len(d) > 0 {
			err = errors.New(strings.Join(d, ", "))
		}
	}
	return err
}

// masks are permissions that new files get: what the mask takes away is not there, and all the rest is.
func (o *odd) masks() (all []oddCase) {
	for mask, bits := range map[string]fs.FileMode{"022": 0o022, "077": 0o077, "000": 0, "027": 0o027} {
		all = append(all, oddCase{"umask " + mask + ", a training", func(dir string) error {
			return o.masked(dir, mask, bits, nil, o.args, func(string) error { return nil })
		}})
		for name, x := range o.writers {
			all = append(all, oddCase{"umask " + mask + ", " + name, func(dir string) error {
				return o.masked(dir, mask, bits, x.env, x.args, x.prepare)
			}})
		}
	}
	slices.SortFunc(all, func(a, b oddCase) int { return strings.Compare(a.name, b.name) })
	return all
}

// masked runs a command with a mask, and looks at what is new.
func (o *odd) masked(dir, mask string, bits fs.FileMode, env, args []string, prepare func(string) error) error {
	if err := prepare(dir); err != nil {
		return err
	}
	before, err := tree(dir)
	if err != nil {
		return err
	}
	c := command(o.t, o.t, dir)
	c.Env = environment(dir, env...)
	c.Args = append([]string{"sh", "-c", `umask "$0"; exec "$@"`, mask, o.t.Binary}, args...)
	if c.Path, err = exec.LookPath("sh"); err != nil {
		return err
	}
	if _, err := well(run(c)); err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		in, err := filepath.Rel(dir, path)
		if _, old := before[in]; err != nil || old {
			return err
		}
		want := fs.FileMode(0o666)
		if e.IsDir() {
			want = 0o777
		}
		mode := info.Mode().Perm()
		secret := strings.HasPrefix(in, "cache") || strings.HasPrefix(in, "home") || strings.HasSuffix(in, ".lock") // closed to others, whatever the mask
		if mode&bits != 0 || mode&^want != 0 || !secret && mode != want&^bits {
			return fmt.Errorf("%s has the mode %v with the mask %s", in, mode, mask)
		}
		return nil
	})
}
