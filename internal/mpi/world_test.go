//go:build mpi && linux

package mpi

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain is a process of a world where the launcher of a test has started this binary.
func TestMain(m *testing.M) {
	if os.Getenv("DYLORA_TEST_WORLD") == "" {
		os.Exit(m.Run())
	}
	if err := member(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// member meets the others while the collector runs.
func member() error {
	w, err := Start(os.Getenv)
	if err != nil {
		return err
	}
	if w == nil {
		fmt.Println("alone")
		return nil
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			runtime.GC()
		}
	}()
	for round := range 50 {
		mine, all := make([]float32, 1000), make([]float32, 1000*w.Size())
		for i := range mine {
			mine[i] = float32(w.Rank()*100000 + round*1000 + i)
		}
		if err := w.Allgather(mine, all); err != nil {
			return err
		}
		for i, v := range all {
			if want := float32(i/1000*100000 + round*1000 + i%1000); v != want {
				return fmt.Errorf("number %d is %v, want %v", i, v, want)
			}
		}
		for i := range all {
			all[i] = float32(w.Rank()*100 + i/1000*10 + round)
		}
		got := make([]float32, len(all))
		if err := w.Alltoall(all, got); err != nil {
			return err
		}
		for i, v := range got {
			if want := float32(i/1000*100 + w.Rank()*10 + round); v != want {
				return fmt.Errorf("of all to all number %d is %v, want %v", i, v, want)
			}
		}
		var b []byte
		if w.Rank() == 0 {
			b = bytes.Repeat([]byte{byte(round)}, round*1000)
		}
		if b, err = w.Broadcast(b); err != nil || len(b) != round*1000 || bytes.ContainsFunc(b, func(r rune) bool { return byte(r) != byte(round) && r < 128 }) {
			return fmt.Errorf("broadcast of %d bytes: %w", len(b), err)
		}
	}
	cancel()
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil { // Go still has its handlers
		return err
	}
	select {
	case <-stop:
	case <-time.After(5 * time.Second):
		return fmt.Errorf("a signal is lost")
	}
	fmt.Printf("rank %d of %d, %s\n", w.Rank(), w.Size(), w.Library())
	return w.Close()
}

// launch starts processes by a launcher.
func launch(t *testing.T, launcher string, n int, env ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath(launcher)
	if err != nil {
		t.Skipf("%s is not installed: %v", launcher, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args := []string{"-n", fmt.Sprint(n), os.Args[0]}
	if strings.Contains(launcher, "openmpi") {
		args = append([]string{"--bind-to", "none"}, args...)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "DYLORA_TEST_WORLD=1", "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", "OMPI_MCA_rmaps_base_oversubscribe=1")
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var families = map[string]string{"mpirun.openmpi": "Open MPI", "mpirun.mpich": "MPICH"}

// TestWorld: every number arrives where it belongs, with both families of libraries, whatever the collector does.
func TestWorld(t *testing.T) {
	for launcher, family := range families {
		t.Run(launcher, func(t *testing.T) {
			for _, n := range []int{1, 2, 4} {
				out, err := launch(t, launcher, n)
				if err != nil {
					t.Fatalf("%d processes: %v\n%s", n, err, out)
				}
				if n == 1 && !strings.Contains(out, "alone") || n > 1 && strings.Count(out, fmt.Sprintf(" of %d, %s", n, family)) != n {
					t.Errorf("%d processes: %s", n, out)
				}
			}
		})
	}
}

// TestOtherLibrary: a library of another MPI than the launcher's is refused, as is a file that is none.
func TestOtherLibrary(t *testing.T) {
	for launcher, library := range map[string]string{"mpirun.openmpi": "libmpich.so.12", "mpirun.mpich": "libmpi.so.40"} {
		out, err := launch(t, launcher, 2, "DYLORA_MPI="+library)
		if err == nil || !strings.Contains(out, "the library is not of the launcher's MPI") && !strings.Contains(out, "rank") {
			t.Errorf("%s with %s: %v\n%s", launcher, library, err, out)
		}
	}
	if out, err := launch(t, "mpirun.openmpi", 2, "DYLORA_MPI=libm.so.6"); err == nil || !strings.Contains(out, "is no MPI library") {
		t.Errorf("%v\n%s", err, out)
	}
}
