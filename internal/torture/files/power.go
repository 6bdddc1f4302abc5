//go:build linux

package files

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/dylora/dylora/internal/torture/filetrace"
	"github.com/dylora/dylora/internal/torture/row"
)

// powerLost builds disks as they may be found when the power was lost at some operation of a training, reads
// their checkpoints, and goes on with some of the trainings.
func powerLost(t *row.Trial) error {
	s, err := newTraining(t, 12, 4)
	if err != nil {
		return err
	}
	var ops []filetrace.Op
	root := ""
	if err := scratch(func(dir string) error {
		r, err := traced(t, dir, true, nil, s.args...)
		if err != nil {
			return err
		}
		ops, root = r.ops, dir
		return s.same(dir)
	}); err != nil {
		return err
	}
	for i := range t.Cases(500) {
		length, seed, whole := 1+t.Random.IntN(len(ops)), t.Random.Uint64(), i%10 == 0
		t.Go(fmt.Sprintf("after %v, seed %d", ops[length-1], seed), func(dir string) error {
			disk := newVolatile(root)
			for _, o := range ops[:length] {
				if err := disk.apply(o); err != nil {
					return err
				}
			}
			if err := disk.crash(rand.New(rand.NewPCG(seed, 1)), dir); err != nil {
				return err
			}
			err := checkpoint(dir, ops[:length])
			if whole {
				err = errors.Join(err, s.resume(dir))
			}
			return err
		})
	}
	return nil
}
