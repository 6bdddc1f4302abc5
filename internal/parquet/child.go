package parquet

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"

	"github.com/dylora/dylora/internal/fault"
)

// Argument is the first of the child's command line. Whoever calls Lines must hand its
// own command line to Child where it begins so.
const Argument = "read-parquet-in-a-process-of-its-own"

const (
	memory      = 1 << 30         // bytes that the child may add to what it starts with
	longest     = 5 * time.Minute // that the child may take
	mostBytes   = 512 << 20       // of lines
	mostMessage = 8 << 10         // bytes kept of what a child says when it dies
)

// Lines writes a line of JSON to w for each row of the file at path, read by a child
// process: program is this binary. A file that cannot be read, whatever the reason, is an
// error of class Invalid; what was written to w by then is to be thrown away.
func Lines(ctx context.Context, program, path string, l Layout, w io.Writer) error {
	layout, err := json.Marshal(l)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	cmd := exec.CommandContext(limited, program, Argument, strconv.Itoa(memory), path, string(layout)) //nolint:gosec // this program, with arguments that no shell reads
	out := &tooMuch{w: w, left: mostBytes, stop: cancel}
	says := &start{}
	cmd.Stdout, cmd.Stderr = out, says
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case out.err != nil:
		return out.err
	case out.left < 0:
		err = fmt.Errorf("it unfolds to more than %d MiB", mostBytes>>20)
	case limited.Err() != nil:
		err = fmt.Errorf("it takes longer than %v", longest)
	case errors.As(err, &exit):
		err = errors.New(says.reason())
	default:
		return fmt.Errorf("cannot start a process to read %s: %w", path, err)
	}
	return fault.Invalidf("%s cannot be read as a parquet file: %w", path, err)
}

// Child is the process that Lines starts: the arguments after Argument in, lines and the
// exit code out.
func Child(args []string, out, errOut io.Writer) int {
	if err := child(args, out); err != nil {
		fmt.Fprintln(errOut, strings.Join(strings.Fields(err.Error()), " "))
		return 1
	}
	return 0
}

func child(args []string, out io.Writer) error {
	if len(args) != 3 {
		return errors.New("want the memory, a file and a layout")
	}
	bytes, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return err
	}
	var l Layout
	if err := json.Unmarshal([]byte(args[2]), &l); err != nil {
		return err
	}
	collectOften(bytes)
	if err := limitMemory(bytes); err != nil {
		return fmt.Errorf("cannot limit the memory: %w", err)
	}
	w := bufio.NewWriterSize(out, 1<<16)
	if err := convert(args[1], l, w); err != nil {
		return err
	}
	return w.Flush()
}

// tooMuch passes bytes on until there are too many, or the disk is full.
type tooMuch struct {
	w    io.Writer
	left int64
	stop func()
	err  error // of w
}

func (t *tooMuch) Write(p []byte) (int, error) {
	if t.left -= int64(len(p)); t.left < 0 {
		t.stop()
		return 0, io.ErrShortWrite
	}
	n, err := t.w.Write(p)
	if err != nil && t.err == nil {
		t.err = err
		t.stop()
	}
	return n, err
}

// start keeps the first bytes written to it.
type start struct{ b bytes.Buffer }

func (s *start) Write(p []byte) (int, error) {
	s.b.Write(p[:min(len(p), mostMessage-s.b.Len())])
	return len(p), nil
}

// reason is why a child ended: its own word, or the first line of the runtime's.
func (s *start) reason() string {
	text := strings.ToValidUTF8(s.b.String(), "?")
	if strings.Contains(text, "out of memory") || strings.Contains(text, "cannot allocate") {
		return fmt.Sprintf("it asks for more than %d MiB of memory", memory>>20)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	line = strings.Map(func(r rune) rune { // a file's names may hold what a terminal obeys
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, line)
	if len(line) > 300 {
		line = strings.ToValidUTF8(line[:300], "") + "…"
	}
	if line == "" {
		return "its reader died"
	}
	return line
}

// Program is this binary, to be given to Lines.
func Program() (string, error) { return os.Executable() }
