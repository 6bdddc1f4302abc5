package plan

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// expand combines the values of the grid, the first list varying slowest, and within each
// combination the arms and their own grids. An arm that says something of a setting of the
// grid takes part once for all values that the grid has for it.
func (s *study) expand() (*Plan, error) {
	pattern, err := s.pattern()
	if err != nil {
		return nil, err
	}
	arms := s.arms
	if len(arms) == 0 {
		arms = []arm{{}}
	}
	p := &Plan{Path: s.path}
	err = combine(s.axes, func(at []int) error {
		for i := range arms {
			a := &arms[i]
			if !a.takesPart(s.axes, at) {
				continue
			}
			err := combine(a.axes, func(own []int) error {
				return s.add(p, pattern, a, pick(s.axes, at), pick(a.axes, own))
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p, separate(p.Lines, func(l *Line) string { return fmt.Sprintf("%s: training %d (%s)", s.path, l.Index, s.describe(l)) })
}

// combine calls f with every combination of the axes' values, by place; once without any axis.
func combine(axes []axis, f func(at []int) error) error {
	at := make([]int, len(axes))
	for {
		if err := f(at); err != nil {
			return err
		}
		i := len(axes) - 1
		for ; i >= 0; i-- {
			if at[i]++; at[i] < len(axes[i].values) {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return nil
		}
	}
}

// takesPart says whether an arm has a training at a place of the grid: of the values of a
// setting that it says itself only the first one counts.
func (a *arm) takesPart(axes []axis, at []int) bool {
	for i, x := range axes {
		if at[i] > 0 && a.says(x.key) {
			return false
		}
	}
	return true
}

func (a *arm) says(key string) bool {
	_, fixed := a.fixed[key]
	return fixed || slices.ContainsFunc(a.axes, func(x axis) bool { return x.key == key })
}

func pick(axes []axis, at []int) map[string]value {
	m := map[string]value{}
	for i, x := range axes {
		m[x.key] = x.values[at[i]]
	}
	return m
}

// add appends one training.
func (s *study) add(p *Plan, pattern *pattern, a *arm, grid, own map[string]value) error {
	if len(p.Lines) == maxLines {
		return fault.Usagef("%s: more than %d trainings", s.path, maxLines)
	}
	all := maps.Clone(s.fixed)
	maps.Copy(all, grid)
	maps.Copy(all, a.fixed)
	maps.Copy(all, own)
	task := settings.Defaults().Data.Task
	if v, ok := all["task"]; ok {
		task = fmt.Sprint(v.raw)
	}
	for name, of := range s.tasks {
		if taskName(name) != taskName(task) {
			continue
		}
		for key, v := range of {
			if !a.says(key) {
				all[key] = v
			}
		}
	}
	layer := settings.NewLayer(settings.File)
	for key, v := range all {
		layer.Set(key, v.where, v.raw)
	}
	l := Line{Index: len(p.Lines), Arm: a.name, Settings: map[string]any{}}
	r, err := settings.WithRecipe(layer)
	if err == nil {
		_, err = session.TrainingArithmetic(r.With("kernel", "")) // the machine that plans need not be the one that trains
	}
	for _, key := range layer.Keys() {
		l.Settings[key] = plain(layer, key)
	}
	if err != nil {
		return fmt.Errorf("%s: training %d (%s): %w", s.path, l.Index, s.describe(&l), err)
	}
	l.ID = ID(r)
	if l.Run, err = pattern.folder(&l, r); err != nil {
		return err
	}
	p.Lines = append(p.Lines, l)
	return nil
}

// plain is a layer's value as JSON has it.
func plain(l *settings.Layer, key string) any {
	v, _ := l.Value(key)
	return settings.Plain(reflect.ValueOf(v))
}

// describe tells a line from the others of its study: its arm, and what the grids vary.
func (s *study) describe(l *Line) string {
	var parts []string
	if l.Arm != "" {
		parts = append(parts, "arm "+l.Arm)
	}
	axes := slices.Clone(s.axes)
	for i := range s.arms {
		if s.arms[i].name == l.Arm {
			axes = append(axes, s.arms[i].axes...)
		}
	}
	seen := map[string]bool{}
	for _, x := range axes {
		if !seen[x.key] {
			seen[x.key] = true
			parts = append(parts, fmt.Sprintf("%s %v", x.key, l.Settings[x.key]))
		}
	}
	if len(parts) == 0 {
		return "the only one"
	}
	return strings.Join(parts, ", ")
}

// pattern is the name of a run folder with places for settings: study/{task}-{arm}-{seed}.
type pattern struct {
	texts []string // around the places
	keys  []string // of the places: settings, arm or id
}

// pattern reads the study's, by default runs/NAME/{id}.
func (s *study) pattern() (*pattern, error) {
	text := session.RunsRoot + "/" + s.name() + "/{id}"
	if s.runs.raw != nil {
		var ok bool
		if text, ok = s.runs.raw.(string); !ok || text == "" {
			return nil, fault.Usagef("%s: runs: want a folder's name, such as study/{task}-{seed}", s.runs.where)
		}
	}
	p := &pattern{}
	for {
		before, rest, ok := strings.Cut(text, "{")
		p.texts = append(p.texts, before)
		if !ok {
			return p, nil
		}
		key, after, ok := strings.Cut(rest, "}")
		switch {
		case !ok:
			return nil, fault.Usagef("%s: runs: a { without its }", s.runs.where)
		case key == "arm" && len(s.arms) == 0:
			return nil, fault.Usagef("%s: runs: {arm} in a study without arms", s.runs.where)
		case key != "arm" && key != "id" && !slices.Contains(settings.Keys(), key):
			return nil, fault.Because(settings.UnknownSetting, fault.Usagef("%s: runs: {%s} is neither a setting nor arm or id", s.runs.where, key))
		}
		p.keys = append(p.keys, key)
		text = after
	}
}

// folder is the run folder of a line.
func (p *pattern) folder(l *Line, r *settings.Resolved) (string, error) {
	var b strings.Builder
	for i, key := range p.keys {
		b.WriteString(p.texts[i])
		switch key {
		case "id":
			b.WriteString(l.ID)
		case "arm":
			b.WriteString(l.Arm)
		default:
			b.WriteString(nameOf(key, r))
		}
	}
	b.WriteString(p.texts[len(p.texts)-1])
	return filepath.Clean(b.String()), nil
}

// nameOf is a setting's value as a part of a folder's name: of a path the last element, of a
// task's file without its ending, and nothing but letters, digits and ._+- in it.
func nameOf(key string, r *settings.Resolved) string {
	text := ""
	for _, f := range r.Fields() {
		if f.Key == key {
			text = fmt.Sprint(settings.Plain(f.Value))
		}
	}
	if key == "task" {
		text = taskName(text)
	}
	if strings.ContainsAny(text, `/\`) {
		text = filepath.Base(filepath.FromSlash(text))
	}
	if key == "task" {
		text = strings.TrimSuffix(text, filepath.Ext(text))
	}
	text = strings.Map(func(c rune) rune {
		if c < 128 && (c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.ContainsRune("._+-", c)) {
			return c
		}
		return '-'
	}, text)
	if strings.Trim(text, ".") == "" {
		return "none"
	}
	return text
}
