package inputs

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
	"unicode"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/spent"
)

// Argument is the first of the command line of a process that reads what may kill it. The program
// hands such a command line to Child.
const Argument = "read-in-a-process-of-its-own"

// request is something to be read: by a way that ways lists.
type request struct {
	Way   string
	Dir   string // of the case
	Seed  uint64
	Bytes []byte // of the file, where it is in memory

	Binary string // of the program

	Program *run // to be run in place of something to be read
}

// answer is what came of a request.
type answer struct {
	Class     fault.Class // of the error; 0: none
	Text      string      // of the error
	Wrong     string      // what must not be; "": nothing
	Allocated uint64      // bytes in all
	Took      time.Duration

	Process *process // of a program
}

// ways are the things that the process can do. The error is that of what was read; wrong is what
// must not be whatever was read.
func ways() map[string]func(request) (err, wrong error) {
	return map[string]func(request) (err, wrong error){
		"safetensors":    readSafetensors,
		"pickle":         readPickle,
		"mapped weights": changeMapped,
		"cached weights": changeCache,
		"model folder":   changeModel,
		"data file":      changeData,
		"table":          readTable,
	}
}

// Child is the process: it answers requests until there are no more.
func Child(in io.Reader, out io.Writer) int {
	from, to, all := gob.NewDecoder(in), gob.NewEncoder(out), ways()
	for {
		var q request
		if err := from.Decode(&q); err != nil {
			if errors.Is(err, io.EOF) {
				return 0
			}
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if err := to.Encode(measured(q, all[q.Way])); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
}

// measured is the answer of one way, and what it costs.
func measured(q request, way func(request) (err, wrong error)) (a answer) {
	var before, after runtime.MemStats
	if q.Program != nil {
		p, err := q.Program.wait(context.Background())
		if err != nil {
			return answer{Wrong: err.Error()}
		}
		return answer{Process: p}
	}
	var err, wrong error
	runtime.ReadMemStats(&before)
	a.Took = spent.On(func() { err, wrong = way(q) })
	runtime.ReadMemStats(&after)
	a.Allocated = after.TotalAlloc - before.TotalAlloc
	if err != nil {
		a.Class, a.Text = fault.ClassOf(err), err.Error()
	}
	if wrong != nil {
		a.Wrong = wrong.Error()
	}
	return a
}

// reader has a child read for it, and another one where that dies.
type reader struct {
	command *exec.Cmd
	in      io.WriteCloser
	talk    bytes.Buffer
	to      *gob.Encoder
	from    *gob.Decoder
	peak    int64 // resident bytes of the largest child that has ended
}

// ask has a request answered. An error says of what the child died.
func (r *reader) ask(q request) (answer, error) {
	if r.command == nil {
		if err := r.start(); err != nil {
			return answer{}, err
		}
	}
	var a answer
	err := r.to.Encode(q)
	if err == nil {
		err = r.from.Decode(&a)
	}
	if err == nil {
		return a, nil
	}
	why := r.close()
	first, _, _ := strings.Cut(r.talk.String(), "\n")
	return a, fmt.Errorf("the process that read it died: %w: %.300s", errors.Join(err, why), first)
}

func (r *reader) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	r.talk.Reset()
	c := exec.Command(self, Argument)
	c.Stderr = &r.talk
	if r.in, err = c.StdinPipe(); err != nil {
		return err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	r.command, r.to, r.from = c, gob.NewEncoder(r.in), gob.NewDecoder(out)
	return c.Start()
}

// close ends the child.
func (r *reader) close() error {
	if r.command == nil {
		return nil
	}
	err := errors.Join(r.in.Close(), r.command.Wait())
	r.peak = max(r.peak, peak(r.command.ProcessState))
	r.command = nil
	return err
}

// unprintable are the characters that end a line early, or that a terminal obeys.
func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// Bounds of what reading a hostile file may cost.
const (
	mostMemory = 64 << 20
	mostTime   = 100 * time.Millisecond
)

// refused checks an answer: an error of one line that names the file, at a bounded price, or
// where the file may be sound, none.
func (a answer) refused(name string, maySound bool) error {
	switch {
	case a.Wrong != "":
		return errors.New(a.Wrong)
	case a.Allocated > mostMemory:
		return fmt.Errorf("%d MiB of memory", a.Allocated>>20)
	case a.Class == 0 && maySound:
		return nil
	case a.Class != fault.Invalid:
		return fmt.Errorf("class %d: %.300s", a.Class, a.Text)
	case strings.ContainsFunc(a.Text, unprintable) || len(a.Text) > 2000 || !strings.Contains(a.Text, name):
		return fmt.Errorf("message %.300q", a.Text)
	}
	return nil
}
