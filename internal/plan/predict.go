package plan

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/dylora/dylora/internal/cluster"
	"github.com/dylora/dylora/internal/estimate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// Predict gives every line the time and memory that its training is expected to take on a machine. A line whose model or data are not
// here is left without, and the user is told why.
func (p *Plan) Predict(ctx context.Context, env *session.Env, m estimate.Machine) error {
	e := estimate.New(env, m)
	for i := range p.Lines {
		l := &p.Lines[i]
		r, err := settings.WithRecipe(l.Layer(p.Place(l)))
		if err != nil {
			return err
		}
		predicted, err := e.Training(ctx, r)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && l.Predicted != nil: // by a machine that has them
		case err != nil:
			env.Say(fmt.Sprintf("%s: time and memory are not predicted: %v", p.Place(l), err))
		default:
			l.Predicted = &predicted
		}
	}
	return nil
}

// ReadAny expands a study, or reads a plan, which nothing is chosen of.
func ReadAny(path string, c Choice) (*Plan, error) {
	if !isPlan(path) {
		return ReadStudy(path, c)
	}
	if c.Arms != nil || c.Runs != "" || c.Set != nil {
		return nil, fault.Usagef("%s is a plan: settings, arms and run folders are chosen of a study", path)
	}
	return Read(path)
}

// isPlan says whether a file begins as a plan does, with an object of JSON that has the index 0.
func isPlan(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	begin := make([]byte, 64)
	n, _ := f.Read(begin)
	return bytes.HasPrefix(bytes.TrimSpace(begin[:n]), []byte(`{"index":0,`))
}

// WriteArray writes the file with which a cluster trains the plan. The largest predictions hold for every training; where one
// has none, nothing is asked for. A study is refused: the jobs read the plan.
func (p *Plan) WriteArray(w io.Writer, a cluster.Array, k cluster.Kind) (err error) {
	if !isPlan(p.Path) {
		return fault.Usagef("%s is a study: write its plan to a file first, and name that", p.Path)
	}
	if a.Plan, err = filepath.Abs(p.Path); err != nil {
		return err
	}
	if a.Folder, err = os.Getwd(); err != nil {
		return err
	}
	if a.Program, err = os.Executable(); err != nil {
		return err
	}
	a.Count = len(p.Lines)
	for _, l := range p.Lines {
		if l.Predicted == nil {
			a.Seconds, a.Bytes = 0, 0
			break
		}
		a.Seconds, a.Bytes = max(a.Seconds, l.Predicted.Seconds), max(a.Bytes, l.Predicted.Bytes)
	}
	return a.Write(w, k)
}
