package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/dylora/dylora/internal/fault"
)

// maxConfigBytes bounds a config file; the shipped ones are under 1 KiB.
const maxConfigBytes = 1 << 20

// foreignVariables are DYLORA_* variables that are no settings of a command.
func foreignVariables() []string { return []string{"DYLORA_SHARED", "DYLORA_CACHE"} }

// addSettings defines a flag for each setting named by a key.
func addSettings(flags *pflag.FlagSet, keys ...string) {
	defaults := defaultConfig()
	for _, s := range defaults.settings() {
		if !slices.Contains(keys, s.key) {
			continue
		}
		usage := strings.ReplaceAll(s.usage, `"`, "`")
		switch v := s.value.Interface().(type) {
		case int:
			flags.Int(s.flag(), v, usage)
		case uint64:
			flags.Uint64(s.flag(), v, usage)
		case float64:
			flags.Float64(s.flag(), v, usage)
		case string:
			flags.String(s.flag(), v, usage)
		case bool:
			flags.Bool(s.flag(), v, usage)
		}
	}
}

// flagLayer takes the settings that were given on the command line; a flag's own
// default decides nothing.
func flagLayer(flags *pflag.FlagSet) (layer, []string) {
	l := newLayer("flag")
	var faults []string
	for _, s := range (&config{}).settings() {
		f := flags.Lookup(s.flag())
		// sweep and slice have a --rank or --ranks of their own, marked as such.
		if f == nil || !f.Changed || f.Annotations[notASetting] != nil {
			continue
		}
		var raw any = variable(f.Value.String())
		if f.Value.Type() == "string" {
			raw = f.Value.String()
		}
		faults = appendFault(faults, l.put(s, "--"+f.Name, raw))
	}
	return l, faults
}

// notASetting marks a flag whose name is a setting's but whose meaning is the command's own.
const notASetting = "dylora_not_a_setting"

// envLayer takes DYLORA_* variables out of environ, which is as os.Environ gives it. An
// empty one counts as unset; one that names no setting is a fault.
func envLayer(environ []string) (layer, []string) {
	l := newLayer("env")
	byName := map[string]setting{}
	for _, s := range (&config{}).settings() {
		byName[s.env()] = s
	}
	var faults []string
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "DYLORA_") || text == "" || slices.Contains(foreignVariables(), name) {
			continue
		}
		s, known := byName[name]
		if !known {
			faults = append(faults, name+": no setting has this variable; 'dylora config show' lists them")
			continue
		}
		var raw any = variable(text)
		if s.value.Kind().String() == "string" {
			raw = text
		}
		faults = appendFault(faults, l.put(s, name, raw))
	}
	slices.Sort(faults)
	return l, faults
}

// fileLayer reads the YAML file of --config, or of a run.
func fileLayer(origin, path string) (layer, []string, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxConfigBytes {
		return layer{}, nil, fault.Usagef("%s: %d bytes is too much for a config file", path, info.Size())
	}
	text, readErr := os.ReadFile(path)
	if err := errors.Join(err, readErr); err != nil {
		return layer{}, nil, fault.Usagef("config file: %w", unwrapPath(err, path))
	}
	l, faults := yamlLayer(origin, path, text)
	return l, faults, nil
}

// unwrapPath is a file error in the order "path: reason".
func unwrapPath(err error, path string) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", path, pe.Err)
	}
	return err
}

// yamlLayer reads a document of one level, key: value. It walks the nodes itself, since
// only they know lines, nulls and keys given twice.
func yamlLayer(origin, path string, text []byte) (layer, []string) {
	l := newLayer(origin)
	dec := yaml.NewDecoder(strings.NewReader(string(text)))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if len(strings.TrimSpace(string(text))) == 0 || err.Error() == "EOF" { // comments only
			return l, nil
		}
		return l, []string{fmt.Sprintf("%s: %s", path, strings.Join(strings.Fields(err.Error()), " "))}
	}
	if dec.Decode(&more) == nil {
		return l, []string{fmt.Sprintf("%s line %d: a second document; one is read", path, more.Line)}
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return l, nil
	}
	if root.Kind != yaml.MappingNode {
		return l, []string{fmt.Sprintf("%s line %d: want lines of 'key: value'", path, root.Line)}
	}
	var faults []string
	for i := 0; i+1 < len(root.Content); i += 2 {
		faults = appendFault(faults, l.putNode(path, root.Content[i], root.Content[i+1]))
	}
	return l, faults
}

// putNode takes one key: value of a file. The fault is "" or what is wrong.
func (l layer) putNode(path string, key, value *yaml.Node) string {
	where := fmt.Sprintf("%s line %d", path, key.Line)
	all := (&config{}).settings()
	at := slices.IndexFunc(all, func(s setting) bool { return s.key == key.Value })
	if at < 0 {
		return fmt.Sprintf("%s: %s: unknown key; 'dylora config show' lists them", where, key.Value)
	}
	if first, twice := l.where[key.Value]; twice {
		return fmt.Sprintf("%s: %s: given twice, first at %s", where, key.Value, first)
	}
	var raw any
	if value.Kind == yaml.MappingNode || value.Kind == yaml.AliasNode {
		return fmt.Sprintf("%s: %s: want a value, not a mapping or an alias", where, key.Value)
	}
	if err := value.Decode(&raw); err != nil {
		return fmt.Sprintf("%s: %s: %v", where, key.Value, err)
	}
	if raw == nil {
		return fmt.Sprintf("%s: %s: has no value; leave the line out to keep the default", where, key.Value)
	}
	return l.put(all[at], where, raw)
}

func appendFault(faults []string, f string) []string {
	if f == "" {
		return faults
	}
	return append(faults, f)
}
