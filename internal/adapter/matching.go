package adapter

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

// targets say which modules a config adapts, as PEFT's check_target_module_exists reads its
// fields (peft 0.21.2, tuners/tuners_utils.py).
type targets struct {
	names    names
	exclude  names
	saves    []string         // modules_to_save: what is saved whole is not adapted
	layers   map[int]bool     // layers_to_transform; nil: all
	patterns []*regexp.Regexp // layers_pattern: where a path has the number of its layer
	steps    int              // instructions of all expressions
}

// names are a list of module names or ends of paths, or an expression for whole paths.
type names struct {
	list map[string]bool
	re   *regexp.Regexp
}

// parseTargetFields reads target_modules and the fields that narrow it down.
func parseTargetFields(file string, values map[string]jsontext.Value) (t targets, err error) {
	read := func(field string, into *names) error {
		if *into, err = parseNames(values[field]); err != nil {
			return fault.Invalidf("%s: %s %w", file, field, err)
		}
		if into.re != nil {
			t.steps += instructions(into.re)
		}
		return nil
	}
	if err := read("target_modules", &t.names); err != nil {
		return t, err
	}
	switch v := values["target_modules"]; {
	case len(v) == 0 || v.Kind() == 'n':
		t.names.list = map[string]bool{"query": true, "value": true} // PEFT's for all encoders that it has a default for
	case t.names.re == nil && len(t.names.list) == 0:
		return t, fault.Invalidf("%s: target_modules is empty; it must name the adapted modules", file)
	}
	if err := read("exclude_modules", &t.exclude); err != nil {
		return t, err
	}
	if t.layers, err = parseLayers(values["layers_to_transform"]); err != nil {
		return t, fault.Invalidf("%s: layers_to_transform %w", file, err)
	}
	if err := t.parseLayerPatterns(values["layers_pattern"]); err != nil {
		return t, fault.Invalidf("%s: layers_pattern %w", file, err)
	}
	isSet := func(field string) bool {
		v := values[field].Clone()
		return len(v) > 0 && (v.Compact() != nil || !slices.Contains(empty, string(v)))
	}
	switch narrowed := isSet("layers_to_transform"); {
	case narrowed && t.names.re != nil:
		return t, fault.Invalidf("%s: layers_to_transform beside a target_modules that is an expression: PEFT refuses the two together; name the layers in the expression", file)
	case isSet("layers_pattern") && !narrowed:
		return t, fault.Invalidf("%s: layers_pattern without layers_to_transform: PEFT refuses that; remove layers_pattern", file)
	}
	return t, nil
}

// parseNames reads a list, an expression, "all-linear", or null.
func parseNames(v jsontext.Value) (n names, err error) {
	if len(v) == 0 || v.Kind() == 'n' {
		return n, nil
	}
	if v.Kind() == '"' {
		var text string
		if err := json.Unmarshal(v, &text); err != nil {
			return n, err
		}
		if text == "" {
			return n, nil
		}
		if strings.EqualFold(text, AllLinear) { // in a classifier: all but the head
			text = ".*"
		}
		if n.re, err = expression(text); err != nil {
			return n, fmt.Errorf("%s %w", show(text), err)
		}
		return n, nil
	}
	var list []string
	if err := json.Unmarshal(v, &list); err != nil {
		return n, fmt.Errorf("is %s, not a list of module names or an expression", oneLine(string(v)))
	}
	n.list = map[string]bool{}
	for _, name := range list {
		n.list[name] = true
	}
	return n, nil
}

// parseLayers reads a number, a list of numbers, or null.
func parseLayers(v jsontext.Value) (map[int]bool, error) {
	var one int
	var list []int
	switch {
	case len(v) == 0:
		return nil, nil
	case v.Kind() == '0' && json.Unmarshal(v, &one) == nil:
		list = []int{one}
	case json.Unmarshal(v, &list) != nil:
		return nil, fmt.Errorf("is %s, not a number or a list of numbers", oneLine(string(v)))
	}
	if len(list) == 0 {
		return nil, nil // PEFT reads an empty list as none
	}
	layers := map[int]bool{}
	for _, l := range list {
		layers[l] = true
	}
	return layers, nil
}

// parseLayerPatterns reads the expressions that stand before the number of a layer; by
// default any name does.
func (t *targets) parseLayerPatterns(v jsontext.Value) error {
	var list []string
	if len(v) > 0 && v.Kind() == '"' {
		list = []string{""}
		if err := json.Unmarshal(v, &list[0]); err != nil {
			return err
		}
	} else if len(v) > 0 {
		if err := json.Unmarshal(v, &list); err != nil {
			return fmt.Errorf("is %s, not a name or a list of names", oneLine(string(v)))
		}
	}
	list = slices.DeleteFunc(list, func(p string) bool { return p == "" })
	if len(list) > maxPatterns {
		return fmt.Errorf("has more than %d entries", maxPatterns)
	}
	if len(list) == 0 {
		t.patterns = []*regexp.Regexp{regexp.MustCompile(`^.*?\.[^.]*\.(?P<idx>\d+)\.`)}
		return nil
	}
	for _, p := range list {
		if _, err := expression(p); err != nil {
			return fmt.Errorf("%s %w", show(p), err)
		}
		re, err := regexp.Compile(`^(?:(?:|.*?\.)` + p + `\.(?P<idx>\d+)\.)`)
		if err != nil {
			return fmt.Errorf("%s is no regular expression that dylora reads", show(p))
		}
		t.patterns, t.steps = append(t.patterns, re), t.steps+instructions(re)
		if t.steps > maxSteps {
			return fmt.Errorf("has expressions of more than %d steps together", maxSteps)
		}
	}
	return nil
}

// match says whether path is adapted, and by which entries of the list.
func (t *targets) match(path string) (caught []string, ok bool) {
	if _, excluded := t.exclude.match(path); excluded || isSaved(t.saves, path) {
		return nil, false
	}
	caught, ok = t.names.match(path)
	if ok && t.layers != nil && t.names.re == nil && !t.names.list[path] {
		ok = t.inLayers(path)
	}
	return caught, ok
}

func (n *names) match(path string) (caught []string, ok bool) {
	if n.re != nil {
		return nil, n.re.MatchString(path)
	}
	for _, end := range suffixes(path) {
		if n.list[end] {
			caught = append(caught, end)
		}
	}
	return caught, len(caught) > 0
}

// inLayers says whether the number of path's layer is in layers_to_transform.
func (t *targets) inLayers(path string) bool {
	for _, re := range t.patterns {
		if m := re.FindStringSubmatch(path); m != nil {
			layer, err := strconv.Atoi(m[re.SubexpIndex("idx")])
			return err == nil && t.layers[layer]
		}
	}
	return false
}
