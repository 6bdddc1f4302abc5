// Package plan turns a study, a short YAML file of settings, lists and arms, into one line
// per training, trains the lines that are missing, each in a process of its own, and reports
// what every one of them has reached. The run folders are the truth: nothing else remembers
// which line is done.
package plan

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/estimate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
)

// Line is one training of a plan.
type Line struct {
	Index    int            `json:"index"`         // in the plan, from 0
	ID       string         `json:"id"`            // of its settings, see ID
	Run      string         `json:"run"`           // run folder
	Arm      string         `json:"arm,omitempty"` // name of the arm that it belongs to; "" in a study without arms
	Settings map[string]any `json:"settings"`      // those that the study says, by key: texts, numbers, truth values

	Predicted *estimate.Prediction `json:"predicted,omitzero"` // nil: nobody has asked for it; no part of what the training is
}

// Plan is a file of lines.
type Plan struct {
	Path  string // for messages
	Lines []Line
}

// The bounds of what is read and made.
const (
	maxPlanBytes = 64 << 20
	maxLines     = 10000
)

// Layer is the line's settings as a source; where names its place in messages.
func (l *Line) Layer(where string) *settings.Layer {
	layer := settings.NewLayer(settings.File)
	for key, v := range l.Settings {
		layer.Set(key, where, plainNumber(v))
	}
	return layer
}

// plainNumber gives a number of JSON the type that a YAML reader would.
func plainNumber(v any) any {
	n, ok := v.(json.Number)
	if !ok {
		return v
	}
	if i, err := strconv.Atoi(n.String()); err == nil {
		return i
	}
	if u, err := strconv.ParseUint(n.String(), 10, 64); err == nil {
		return u
	}
	if f, err := n.Float64(); err == nil {
		return f
	}
	return n.String()
}

// Write writes the lines as JSON, one a line.
func (p *Plan) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i := range p.Lines {
		if err := e.Encode(&p.Lines[i]); err != nil {
			return err
		}
	}
	return nil
}

// Read reads a plan and refuses lines that are the same training or share a folder. What is wrong
// is an error of class Usage with the line. Settings are not looked at: see Check.
func Read(path string) (*Plan, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fault.Usagef("plan: %w", disk.PathFirst(err, path))
	}
	if info.Size() > maxPlanBytes {
		return nil, fault.Usagef("%s: %d bytes is too much for a plan", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Usagef("plan: %w", disk.PathFirst(err, path))
	}
	return parse(path, text)
}

func parse(path string, text []byte) (*Plan, error) {
	p := &Plan{Path: path}
	sc := bufio.NewScanner(bytes.NewReader(text))
	sc.Buffer(nil, 1<<20)
	n := 0
	for sc.Scan() {
		n++
		if len(bytes.TrimSpace(sc.Bytes())) == 0 {
			continue
		}
		if len(p.Lines) == maxLines {
			return nil, fault.Usagef("%s line %d: more than %d trainings", path, n, maxLines)
		}
		l, err := parseLine(sc.Bytes())
		if err != nil {
			return nil, fault.Usagef("%s line %d: %w: a plan is made of a study, a line of JSON for each training", path, n, err)
		}
		if l.Index != len(p.Lines) {
			return nil, fault.Usagef("%s line %d: index %d where %d is due: lines are numbered from 0", path, n, l.Index, len(p.Lines))
		}
		p.Lines = append(p.Lines, *l)
	}
	if err := sc.Err(); err != nil {
		return nil, fault.Usagef("%s line %d: %w", path, n+1, err)
	}
	if len(p.Lines) == 0 {
		return nil, fault.Usagef("%s has no trainings", path)
	}
	return p, separate(p.Lines, p.Place)
}

func parseLine(text []byte) (*Line, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.DisallowUnknownFields()
	l := new(Line)
	if err := d.Decode(l); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("more than one object")
	}
	if l.Run == "" {
		return nil, fmt.Errorf("no run folder")
	}
	l.Run = filepath.Clean(l.Run)
	return l, nil
}

// Check resolves a line's settings and holds its ID against them.
func (p *Plan) Check(l *Line) error {
	r, err := settings.WithRecipe(l.Layer(p.Place(l)))
	if err != nil {
		return err
	}
	if id := ID(r); id != l.ID {
		return fault.Usagef("%s: id %s is not that of its settings, which is %s: make the plan anew of its study", p.Place(l), l.ID, id)
	}
	return nil
}

// Place names a line in messages.
func (p *Plan) Place(l *Line) string { return fmt.Sprintf("%s index %d", p.Path, l.Index) }

// At is the line of an index; an error of class Usage if there is none.
func (p *Plan) At(index int) (*Line, error) {
	if index < 0 || index >= len(p.Lines) {
		return nil, fault.Usagef("index %d is not in %s, whose %d trainings are 0 to %d", index, p.Path, len(p.Lines), len(p.Lines)-1)
	}
	return &p.Lines[index], nil
}

// separate refuses lines that are the same training, and lines whose run folders are one or
// are in each other.
func separate(lines []Line, place func(*Line) string) error {
	ids, runs := map[string]*Line{}, map[string]*Line{}
	for i := range lines {
		l := &lines[i]
		if other := ids[l.ID]; other != nil {
			return fault.Usagef("%s and %s have the same settings: leave one out", place(other), place(l))
		}
		if other := runs[l.Run]; other != nil {
			return fault.Usagef("%s and %s share the run folder %s: %s", place(other), place(l), l.Run, distinguish(other, l))
		}
		ids[l.ID], runs[l.Run] = l, l
	}
	for i := range lines {
		l := &lines[i]
		for dir := filepath.Dir(l.Run); dir != "." && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			if other := runs[dir]; other != nil {
				return fault.Usagef("the run folder %s of %s is inside that of %s", l.Run, place(l), place(other))
			}
		}
	}
	return nil
}

// distinguish says what would give two lines folders of their own.
func distinguish(a, b *Line) string {
	var differ []string
	if a.Arm != b.Arm {
		differ = append(differ, "{arm}")
	}
	for _, key := range settings.Keys() {
		if fmt.Sprint(a.Settings[key]) != fmt.Sprint(b.Settings[key]) {
			differ = append(differ, "{"+key+"}")
		}
	}
	return "runs needs " + strings.Join(differ, " or ") + ", or {id}"
}
