//go:build linux

package files

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/dylora/dylora/internal/torture/filetrace"
	"github.com/dylora/dylora/internal/torture/row"
)

// diskErrors are those of a disk that is full, of a quota that is, and of one that fails.
var diskErrors = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO}

// diskFails lets operations of a training fail, of each kind in turn, and fills real disks.
func diskFails(t *row.Trial) error {
	s, err := newTraining(t, 12, 4)
	if err != nil {
		return err
	}
	kinds, byKind, err := s.operations()
	if err != nil {
		return err
	}
	const cases, full = 40, 8
	mounts := true
	for _, i := range t.Pick(cases) {
		if i < full {
			size := s.bytes * int64(2*i+1) / (2 * full) // of what the run needs
			t.Case(fmt.Sprintf("a disk of %d KiB", size>>10), func(dir string) error {
				can, err := s.onFullDisk(dir, size)
				mounts = mounts && can
				return err
			})
			continue
		}
		kind := kinds[i%len(kinds)]
		at := byKind[kind][t.Random.IntN(len(byKind[kind]))]
		v := filetrace.Verdict{Errno: diskErrors[t.Random.IntN(len(diskErrors))]}
		what := v.Errno.Error()
		if kind == filetrace.Write && t.Random.IntN(3) == 0 {
			v, what = filetrace.Verdict{Short: true}, "half of it"
		}
		t.Go(fmt.Sprintf("%v: %s", at, what), func(dir string) error { return s.fails(dir, at.N, v) })
	}
	if !mounts {
		t.Printf("no disk can be mounted here: full ones are such that fail from some operation on")
	}
	return nil
}

// onFullDisk trains on a disk that gets full, and goes on when it is larger.
func (s *training) onFullDisk(dir string, size int64) (can bool, err error) {
	can, err = onDisk(dir, size, func(disk string, enlarge func() error) error {
		r, err := dylora(s.t, disk, s.args...)
		if err != nil {
			return err
		}
		if r.code <= 0 || !strings.Contains(r.talk, place) || !strings.Contains(r.talk, syscall.ENOSPC.Error()) {
			return fmt.Errorf("the message does not say what is full and where: %v", r)
		}
		return errors.Join(checkpoint(disk, nil), enlarge(), s.resume(disk))
	})
	if can {
		return can, err
	}
	from := 1 + s.t.Random.IntN(100)
	r, err := traced(s.t, dir, false, func(o filetrace.Op) filetrace.Verdict {
		if o.N >= from && (o.Kind == filetrace.Write || o.Kind == filetrace.Mkdir || o.Kind == filetrace.Symlink) {
			return filetrace.Verdict{Errno: syscall.ENOSPC}
		}
		return filetrace.Verdict{}
	}, s.args...)
	if err != nil {
		return can, err
	}
	if r.code <= 0 || !strings.Contains(r.talk, place) {
		return can, fmt.Errorf("full from operation %d on: the message does not name the path: %v", from, r)
	}
	return can, errors.Join(checkpoint(dir, r.ops), s.resume(dir))
}

// operations are those of a whole training, by kind.
func (s *training) operations() (kinds []filetrace.Kind, byKind map[filetrace.Kind][]filetrace.Op, err error) {
	byKind = map[filetrace.Kind][]filetrace.Op{}
	err = scratch(func(dir string) error {
		r, err := traced(s.t, dir, false, nil, s.args...)
		if err != nil {
			return err
		}
		for _, o := range r.ops {
			if len(byKind[o.Kind]) == 0 {
				kinds = append(kinds, o.Kind)
			}
			byKind[o.Kind] = append(byKind[o.Kind], o)
		}
		return s.same(dir)
	})
	return kinds, byKind, err
}

// fails lets the n-th operation of a training fail, and goes on with it.
func (s *training) fails(dir string, n int, v filetrace.Verdict) error {
	r, err := traced(s.t, dir, false, filetrace.At(n, v), s.args...)
	if err != nil {
		return err
	}
	if len(r.ops) < n {
		return fmt.Errorf("it made %d operations: %v", len(r.ops), r)
	}
	at := r.ops[n-1]
	switch {
	case r.code == 0: // it had another way, or told that it had none
		if !v.Short && !dispensable(at) && !named(r.talk, dir, at) {
			return fmt.Errorf("%v: not told: %v", at, r)
		}
		err = s.same(dir)
	case v.Short:
		err = fmt.Errorf("half of %v was written, and the rest not: %v", at, r)
	case r.code < 0 || !named(r.talk, dir, at) || strings.Contains(r.talk, "%!"):
		err = fmt.Errorf("%v: the message does not name the path, or is none: %v", at, r)
	}
	return errors.Join(err, checkpoint(dir, r.ops), s.resume(dir))
}

// dispensable says whether a training goes on without an operation, and need not tell. The lock's file says who has the
// lock, which is for messages alone; a folder that is not held is not removed by others; what cannot be removed now
// is when the next checkpoint is written; a link that cannot be made is a file; and a cache works without its mark for
// programs that make backups.
func dispensable(o filetrace.Op) bool {
	switch o.Kind {
	case filetrace.Lock, filetrace.Symlink, filetrace.Unlink, filetrace.Rmdir:
		return true
	}
	return slices.Contains([]string{".lock", "CACHEDIR.TAG"}, filepath.Base(o.Path))
}
