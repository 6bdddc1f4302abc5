package inputs

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/torture/row"
)

// changes are the ways of R22, each tried so many times.
const changesEach = 100

func changeWays() []string {
	return []string{"mapped weights", "cached weights", "model folder", "data file"}
}

// changing is row R22. What is read is done by a process of its own, since a mapped file that
// becomes shorter would end it by a signal.
func changing(t *row.Trial) error {
	var r reader
	ways, seed := changeWays(), t.Random.Uint64()
	came := map[string]int{} // answers by way and outcome
	for _, i := range t.Pick(changesEach * len(ways)) {
		q := request{Way: ways[i%len(ways)], Seed: seed + uint64(i)}
		t.Case(fmt.Sprintf("%s, seed %d", q.Way, q.Seed), func(dir string) (err error) {
			if q.Dir = dir; q.Way == "data file" {
				err = makeTables(dir)
			} else {
				err = makeModels(t.Root, dir)
			}
			if err != nil {
				return err
			}
			a, err := r.ask(q)
			switch {
			case err != nil:
				return err
			case a.Wrong != "":
				return errors.New(a.Wrong)
			case a.Class == 0:
				came[q.Way+" read"]++
				return nil
			}
			came[q.Way+" refused"]++
			return a.refused(dir, false)
		})
	}
	t.Printf("outcomes: %v", came)
	return r.close()
}

// Names of the folder that is read, of the two versions that it may hold, and of the data file.
const (
	used, first, second = "used", "first", "second"
	tableName           = "train.csv"
)

// change makes the folder, or file, that is read the second version at a moment up to longest
// away: a file after the other, each by one of the ways in which files change. wait waits until
// all of it is done.
func change(q request, longest time.Duration) (wait func() error) {
	random := rand.New(rand.NewPCG(q.Seed, 5))
	moment, kind := time.Duration(random.Int64N(int64(longest))), random.IntN(4)
	done := make(chan error, 1)
	go func() {
		time.Sleep(moment)
		done <- replaceAll(filepath.Join(q.Dir, second), filepath.Join(q.Dir, used), kind, random)
	}()
	return func() error { return <-done }
}

// replaceAll puts the files of one folder in the place of another's.
func replaceAll(from, to string, kind int, random *rand.Rand) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, i := range random.Perm(len(entries)) {
		b, err := os.ReadFile(filepath.Join(from, entries[i].Name()))
		if err != nil {
			return err
		}
		path := filepath.Join(to, entries[i].Name())
		switch kind {
		case 0: // as careful programs do
			err = errors.Join(os.WriteFile(path+".new", b, 0o666), os.Rename(path+".new", path))
		case 1: // as others do
			err = os.WriteFile(path, b, 0o666)
		case 2: // byte upon byte, as copying over it does
			err = overwrite(path, b)
		case 3:
			err = errors.Join(os.Remove(path), os.WriteFile(path, b, 0o666))
		}
		if err != nil {
			return err
		}
		time.Sleep(time.Duration(random.Int64N(int64(time.Millisecond))))
	}
	return nil
}

// overwrite writes over a file in small pieces and then gives it its length.
func overwrite(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for at := 0; at < len(b) && err == nil; at += 4096 {
		_, err = f.WriteAt(b[at:min(len(b), at+4096)], int64(at))
	}
	if err == nil {
		err = f.Truncate(int64(len(b)))
	}
	return errors.Join(err, f.Close())
}

// version checks that what was read is wholly of one version, or was refused. is tells of which.
func version(err error, is func(name string) error) (_, wrong error) {
	if err != nil {
		if fault.ClassOf(err) != fault.Invalid {
			return err, fmt.Errorf("class %d: %w", fault.ClassOf(err), err)
		}
		return err, nil
	}
	if a, b := is(first), is(second); a != nil && b != nil {
		return nil, fmt.Errorf("what was read is neither version: %w; %w", a, b)
	}
	return nil, nil
}
