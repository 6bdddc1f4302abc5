package plan

import (
	"fmt"
	"maps"
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
	if n := s.count(arms); n > maxLines {
		return nil, fault.Usagef("%s: more than %d trainings", s.path, maxLines)
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

// count is the number of trainings, or of combinations of the grid if they are more; at most
// maxLines+1.
func (s *study) count(arms []arm) int {
	grid, n := combinations(s.axes), 0
	if grid > maxLines {
		return grid
	}
	_ = combine(s.axes, func(at []int) error { // which has no error
		for i := range arms {
			if n <= maxLines && arms[i].takesPart(s.axes, at) {
				n += combinations(arms[i].axes)
			}
		}
		return nil
	})
	return max(grid, n)
}

// combinations is their number, at most maxLines+1.
func combinations(axes []axis) int {
	n := 1
	for _, x := range axes {
		n = min(n*len(x.values), maxLines+1)
	}
	return n
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
