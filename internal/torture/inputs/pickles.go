package inputs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/pickle"
	"github.com/dylora/dylora/internal/pickle/pickletest"
	"github.com/dylora/dylora/internal/torture/hostile"
	"github.com/dylora/dylora/internal/torture/row"
)

// hostilePickles is how many pickletest has.
const hostilePickles = 106

func readPickle(q request) (err, wrong error) {
	_, err = pickle.Parse("m.bin", q.Bytes)
	return err, nil
}

// pickles is row R6. Each file is read twice: by the package, whose memory is counted, and by the
// program as the weights of an adapter.
func pickles(t *row.Trial) error {
	all := pickletest.Hostile("MARKER") // in the folder that the program runs in
	if len(all) != hostilePickles {
		return fmt.Errorf("%d hostile files, want %d", len(all), hostilePickles)
	}
	var r, starter reader // the second starts programs, so that their memory is not counted from this one's
	most, base := int64(0), int64(-1)
	for _, i := range t.Pick(len(all)) {
		t.Case(all[i].What, func(dir string) error {
			a, err := r.ask(request{Way: "pickle", Bytes: all[i].Bytes})
			if err == nil {
				err = a.refused("m.bin", false)
			}
			if err != nil {
				return err
			}
			if base < 0 { // what the program takes for a file that it refuses at once
				small, err := inspectPickle(t, &starter, dir, []byte("x"))
				if err != nil {
					return err
				}
				base = small.Peak
			}
			p, err := inspectPickle(t, &starter, dir, all[i].Bytes)
			if err != nil {
				return err
			}
			if most = max(most, p.Peak-base); p.Peak-base > mostMemory+int64(len(all[i].Bytes)) {
				return fmt.Errorf("the program takes %d MiB more than for an empty file", (p.Peak-base)>>20)
			}
			return p.refused(fault.Invalid)
		})
	}
	t.Printf("the program takes at most %d MiB more than the %d MiB for a file of one byte", most>>20, base>>20)
	return errors.Join(r.close(), starter.close())
}

// inspectPickle has the program read a file as the weights of an adapter, and finds nothing new
// in the folder afterwards.
func inspectPickle(t *row.Trial, starter *reader, dir string, b []byte) (*process, error) {
	adapter := filepath.Join(dir, "adapter")
	err := errors.Join(os.MkdirAll(adapter, 0o777), os.WriteFile(filepath.Join(adapter, hostile.AdapterName), []byte(hostile.Adapter), 0o666),
		os.WriteFile(filepath.Join(adapter, "adapter_model.bin"), b, 0o666))
	if err != nil {
		return nil, err
	}
	before, err := listed(dir)
	if err != nil {
		return nil, err
	}
	a, err := starter.ask(request{Program: &run{t.Binary, dir, nil, []string{"inspect", "--adapter", "adapter", "--allow-pickle"}}})
	if err != nil {
		return nil, err
	}
	if a.Wrong != "" {
		return nil, errors.New(a.Wrong)
	}
	return a.Process, sameList(dir, before)
}
