package plan

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
)

// maxStudyBytes bounds a study's file.
const maxStudyBytes = 1 << 20

// value is a setting's value as the study spells it.
type value struct {
	raw   any
	where string // file and line
}

// axis is a setting that takes several values.
type axis struct {
	key    string
	where  string
	values []value
}

// arm is a set of settings with a name.
type arm struct {
	name  string
	where string
	fixed map[string]value
	axes  []axis
}

// study is a file of settings to be combined. What its parts say of one setting counts in
// this order, the last the most: settings, tasks, grid, arms.
type study struct {
	path  string
	runs  value // pattern of the run folders; raw nil: the default
	fixed map[string]value
	axes  []axis
	tasks map[string]map[string]value
	order []string         // names of tasks, as written
	place map[string]value // where each of them stands
	arms  []arm
}

// Choice is what is different from a study's file in one use of it.
type Choice struct {
	Set  []string // "key=value" in place of what the file says outside its arms; the value is YAML, and a list [a, b] stands for several trainings
	Arms []string // names of the arms that take part; empty: all
	Runs string   // pattern of the run folders in place of the file's; "": the file's
}

// ReadStudy reads a study and expands it.
func ReadStudy(path string, c Choice) (*Plan, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fault.Usagef("study: %w", disk.PathFirst(err, path))
	}
	if info.Size() > maxStudyBytes {
		return nil, fault.Usagef("%s: %d bytes is too much for a study", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Usagef("study: %w", disk.PathFirst(err, path))
	}
	s, err := parseStudy(path, text)
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "%w", err)
	}
	for _, o := range c.Set {
		if err := s.override(o); err != nil {
			return nil, fault.Errorf(fault.Usage, "%w", err)
		}
	}
	if err := errors.Join(s.check(), s.choose(c.Arms)); err != nil {
		return nil, fault.Errorf(fault.Usage, "%w", err)
	}
	if c.Runs != "" {
		s.runs = value{c.Runs, fmt.Sprintf("%q", c.Runs)}
	}
	return s.expand()
}

// choose leaves the arms of some names.
func (s *study) choose(names []string) error {
	if len(names) == 0 {
		return nil
	}
	for _, name := range names {
		if !slices.ContainsFunc(s.arms, func(a arm) bool { return a.name == name }) {
			return fmt.Errorf("%s has no arm %q", s.path, name)
		}
	}
	s.arms = slices.DeleteFunc(s.arms, func(a arm) bool { return !slices.Contains(names, a.name) })
	return nil
}

// override takes "key=value" in place of what the file says.
func (s *study) override(text string) error {
	key, spelled, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("%q: want key=value", text)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(spelled), &doc); err != nil || len(doc.Content) == 0 {
		return fmt.Errorf("%q: the value is no YAML, or empty", text)
	}
	from := &study{path: fmt.Sprintf("%q", text)}
	a, err := from.axis(key, doc.Content[0])
	if err != nil {
		return err
	}
	delete(s.fixed, key)
	for _, of := range s.tasks {
		delete(of, key)
	}
	at := slices.IndexFunc(s.axes, func(x axis) bool { return x.key == key })
	switch {
	case at >= 0:
		s.axes[at] = a
	case len(a.values) == 1:
		s.fixed[key] = a.values[0]
	default:
		s.axes = append(s.axes, a)
	}
	return nil
}

// check refuses what is said twice with different meanings.
func (s *study) check() error {
	for _, a := range s.axes {
		if v, ok := s.fixed[a.key]; ok {
			return fmt.Errorf("%s: %s is among settings, too (%s): leave one out", a.where, a.key, v.where)
		}
		for _, task := range s.order {
			if v, ok := s.tasks[task][a.key]; ok {
				return fmt.Errorf("%s: %s is said for task %s, too (%s): leave one out", a.where, a.key, task, v.where)
			}
		}
	}
	for _, task := range s.order {
		if v, ok := s.tasks[task]["task"]; ok {
			return fmt.Errorf("%s: task: the settings of task %s cannot choose another", v.where, task)
		}
		if _, err := data.LookupTask(task); err != nil && !data.IsFile(task) {
			return fmt.Errorf("%s: %w", s.place[task].where, err)
		}
	}
	for _, a := range s.arms {
		for _, x := range a.axes {
			if v, ok := a.fixed[x.key]; ok {
				return fmt.Errorf("%s: arm %s says %s twice (%s)", x.where, a.name, x.key, v.where)
			}
		}
	}
	return nil
}

// name is the study's: that of its file.
func (s *study) name() string {
	base := filepath.Base(s.path)
	return strings.TrimSuffix(base, filepath.Ext(base))
}
