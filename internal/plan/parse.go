package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/dylora/dylora/internal/settings"
)

// parseStudy reads a study's YAML. It walks the nodes itself, since only they know lines and
// keys that are given twice.
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
	if text, ok := v.raw.(string); ok && !utf8.ValidString(text) {
		return v, fmt.Errorf("%s: %s: the text is not UTF-8", v.where, key)
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
