package runs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dylora/dylora/internal/torture/row"
)

// limited runs a command, words and variables before it. A server is used and told to end.
func limited(t *row.Trial, dir string, c task, before, env []string) (outcome, error) {
	ctx, cancel := context.WithTimeout(t, 2*time.Minute)
	defer cancel()
	words := slices.Concat(before, []string{t.Binary}, c.args)
	p := exec.CommandContext(ctx, words[0], words[1:]...)
	p.Dir, p.Env = dir, append(environment(dir), env...)
	var out, talk bytes.Buffer
	p.Stdout, p.Stderr = &out, &talk
	if c.load == nil {
		err := p.Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return outcome{}, err
		}
		return outcome{p.ProcessState.ExitCode(), out.String(), talk.String(), peakOf(p.ProcessState)}, ctx.Err()
	}
	p.Stderr = nil
	pipe, err := p.StderrPipe()
	if err != nil {
		return outcome{}, err
	}
	if err := p.Start(); err != nil {
		return outcome{}, err
	}
	address, said := listening(pipe)
	if address != "" {
		err = c.load(ctx, address)
	}
	ended := p.Process.Signal(syscall.SIGTERM)
	rest := readAll(pipe)
	_ = p.Wait()
	if address == "" {
		ended = nil
	}
	return outcome{p.ProcessState.ExitCode(), "", said + rest, peakOf(p.ProcessState)}, errors.Join(err, ended, ctx.Err())
}

// asked sends a server as many texts as one execution takes.
func asked(ctx context.Context, address string) error {
	texts := slices.Repeat([]string{strings.Repeat("the story of a man who was not very good at anything . ", 4)}, 40)
	body, err := json.Marshal(map[string]any{"texts": texts})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/v1/predict", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers %s", answer.Status)
	}
	return nil
}
