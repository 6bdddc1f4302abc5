package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
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

func parseStudy(path string, text []byte) (*study, error) {
	s := &study{path: path, fixed: map[string]value{}, tasks: map[string]map[string]value{}, place: map[string]value{}}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %s", path, strings.Join(strings.Fields(err.Error()), " "))
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: a second document, or a mistake behind the first; one is read", path)
	}
	if len(doc.Content) == 0 {
		return nil, fmt.Errorf("%s is empty: want settings, grid, arms", path)
	}
	return s, s.pairs(doc.Content[0], func(key, node *yaml.Node) error {
		var err error
		switch key.Value {
		case "runs":
			s.runs, err = s.scalar("runs", node)
		case "settings":
			s.fixed, err = s.settings(node)
		case "grid":
			s.axes, err = s.grid(node)
		case "tasks":
			err = s.pairs(node, func(task, node *yaml.Node) (err error) {
				s.order = append(s.order, task.Value)
				s.place[task.Value] = value{where: s.where(task)}
				s.tasks[task.Value], err = s.settings(node)
				return err
			})
		case "arms":
			err = s.readArms(node)
		default:
			err = fmt.Errorf("%s: unknown key %q: want runs, settings, grid, tasks or arms", s.where(key), key.Value)
		}
		return err
	})
}

func (s *study) where(n *yaml.Node) string { return fmt.Sprintf("%s line %d", s.path, n.Line) }

// pairs calls f with each key and value of a mapping.
func (s *study) pairs(n *yaml.Node, f func(key, value *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("%s: want 'key: value'", s.where(n))
	}
	if len(n.Content) == 0 {
		return fmt.Errorf("%s: is empty: leave it out", s.where(n))
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if line, twice := first[key.Value]; twice {
			return fmt.Errorf("%s: %s is given twice, first at line %d", s.where(key), key.Value, line)
		}
		first[key.Value] = key.Line
		if err := f(key, n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// scalar is the value of one setting, or a list of words that stands for one text.
func (s *study) scalar(key string, n *yaml.Node) (value, error) {
	v := value{where: s.where(n)}
	if n.Kind == yaml.MappingNode || n.Kind == yaml.AliasNode {
		return v, fmt.Errorf("%s: %s: want a value, not a mapping or an alias", v.where, key)
	}
	if err := n.Decode(&v.raw); err != nil {
		return v, fmt.Errorf("%s: %s: %w", v.where, key, err)
	}
	if v.raw == nil {
		return v, fmt.Errorf("%s: %s has no value: leave it out to keep the default", v.where, key)
	}
	return v, nil
}

// setting is the value of a known setting, of its type.
func (s *study) setting(key string, n *yaml.Node) (value, error) {
	v, err := s.scalar(key, n)
	if err != nil {
		return v, err
	}
	return v, one(key, v).Err()
}

// one is a layer of one setting.
func one(key string, v value) *settings.Layer {
	l := settings.NewLayer(settings.File)
	l.Set(key, v.where, v.raw)
	return l
}

func (s *study) settings(n *yaml.Node) (map[string]value, error) {
	all := map[string]value{}
	return all, s.pairs(n, func(key, node *yaml.Node) (err error) {
		all[key.Value], err = s.setting(key.Value, node)
		return err
	})
}

// grid reads lists of values. Of a list of lists each inner one is one value, as "targets" has.
func (s *study) grid(n *yaml.Node) (axes []axis, err error) {
	return axes, s.pairs(n, func(key, node *yaml.Node) error {
		a, err := s.axis(key.Value, node)
		axes = append(axes, a)
		return err
	})
}

func (s *study) axis(key string, n *yaml.Node) (axis, error) {
	a := axis{key: key, where: s.where(n)}
	items := n.Content
	if n.Kind != yaml.SequenceNode {
		items = []*yaml.Node{n}
	}
	if len(items) == 0 {
		return a, fmt.Errorf("%s: %s: the list is empty", a.where, key)
	}
	seen := map[any]string{}
	for _, item := range items {
		v, err := s.setting(key, item)
		if err != nil {
			return a, err
		}
		typed, _ := one(key, v).Value(key)
		if first, twice := seen[typed]; twice {
			return a, fmt.Errorf("%s: %s: %v is given twice, first at %s", v.where, key, v.raw, first)
		}
		seen[typed] = v.where
		a.values = append(a.values, v)
	}
	return a, nil
}

// armName are the names that can stand in a folder's name and in a table.
var armName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)

func (s *study) readArms(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return fmt.Errorf("%s: arms: want a list of arms, each with a name and settings", s.where(n))
	}
	for _, node := range n.Content {
		a := arm{where: s.where(node), fixed: map[string]value{}}
		err := s.pairs(node, func(key, node *yaml.Node) (err error) {
			switch key.Value {
			case "name":
				a.name = node.Value
				if node.Kind != yaml.ScalarNode || !armName.MatchString(a.name) {
					err = fmt.Errorf("%s: name: want letters, digits and ._+-", s.where(node))
				}
			case "grid":
				a.axes, err = s.grid(node)
			default:
				a.fixed[key.Value], err = s.setting(key.Value, node)
			}
			return err
		})
		if err != nil {
			return err
		}
		if a.name == "" {
			return fmt.Errorf("%s: the arm has no name", a.where)
		}
		s.arms = append(s.arms, a)
	}
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
