package settings

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/format"
)

// maxFileBytes bounds a file of settings; the shipped ones are under 1 KiB.
const maxFileBytes = 1 << 20

// FileLayer reads a YAML file of settings. An error says that it cannot be read at all; what
// is wrong with single lines are the layer's faults.
func FileLayer(o Origin, path string) (*Layer, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxFileBytes {
		return nil, fault.Usagef("%s: %d bytes is too much for a config file", path, info.Size())
	}
	text, readErr := os.ReadFile(path)
	if err := errors.Join(err, readErr); err != nil {
		return nil, fault.Usagef("config file: %w", disk.PathFirst(err, path))
	}
	return YAMLLayer(o, path, text), nil
}

// YAMLLayer reads a document of one level, key: value; path is for messages. It walks the
// nodes itself, since only they know lines, nulls and keys given twice.
func YAMLLayer(o Origin, path string, text []byte) *Layer {
	l := NewLayer(o)
	root, second, err := documents(text)
	switch {
	case err != nil:
		l.fail(fmt.Errorf("%s: %s", path, strings.Join(strings.Fields(err.Error()), " ")))
	case second != nil:
		l.fail(fmt.Errorf("%s line %d: a second document; one is read", path, second.Line))
	case root == nil || root.Kind == yaml.ScalarNode && root.Tag == "!!null":
	case root.Kind != yaml.MappingNode:
		l.fail(fmt.Errorf("%s line %d: want lines of 'key: value'", path, root.Line))
	default:
		if err := checkFormat(path, root); err != nil {
			l.fail(err)
			return l
		}
		for i := 0; i+1 < len(root.Content); i += 2 {
			l.setNode(path, root.Content[i], root.Content[i+1])
		}
	}
	return l
}

// checkFormat refuses a file of a newer version, whose keys may mean something else. A file without a version is of the first.
func checkFormat(path string, root *yaml.Node) error {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value != format.Key {
			continue
		}
		var version int
		if err := root.Content[i+1].Decode(&version); err != nil {
			return fmt.Errorf("%s line %d: %s: want a whole number", path, root.Content[i].Line, format.Key)
		}
		return format.Refuse(path, version, format.Settings)
	}
	return nil
}

// documents are the content of the first document of text, nil where there are comments
// only, and the second document, nil where there is none.
func documents(text []byte) (root, second *yaml.Node, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	for _, d := range []*yaml.Node{&doc, &more} {
		if err := dec.Decode(d); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, nil, err
		}
	}
	if len(doc.Content) > 0 {
		root = doc.Content[0]
	}
	if more.Kind != 0 {
		second = &more
	}
	return root, second, nil
}

// setNode takes one key: value of a file.
func (l *Layer) setNode(path string, key, value *yaml.Node) {
	where := fmt.Sprintf("%s line %d", path, key.Line)
	fail := func(format string, a ...any) {
		l.fail(fmt.Errorf("%s: %s: %w", where, key.Value, fmt.Errorf(format, a...)))
	}
	var raw any
	if _, known := lookup(key.Value); !known && key.Value != format.Key {
		l.Set(key.Value, where, nil)
	} else if first, twice := l.where[key.Value]; twice {
		fail("given twice, first at %s", first)
	} else if key.Value == format.Key {
		l.where[key.Value] = where // checkFormat has judged it
	} else if value.Kind == yaml.MappingNode || value.Kind == yaml.AliasNode {
		fail("want a value, not a mapping or an alias")
	} else if err := value.Decode(&raw); err != nil {
		fail("%w", err)
	} else if raw == nil {
		fail("has no value; leave the line out to keep the default")
	} else {
		l.Set(key.Value, where, raw)
	}
}

// YAML writes the settings as a file that FileLayer reads, each with its origin behind it, below the version of the file.
func (r *Resolved) YAML() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d\n", format.Key, format.Settings)
	for _, f := range r.Fields() {
		fmt.Fprintf(&b, "%s: %s # %s\n", f.Key, YAMLValue(Plain(f.Value)), r.Origin(f.Key))
	}
	return []byte(b.String())
}

// YAMLValue is a plain value as YAML reads it back with the same type.
func YAMLValue(v any) string {
	switch v := v.(type) {
	case float64:
		s := strconv.FormatFloat(v, 'g', -1, 64)
		if strings.Contains(s, "e") && !strings.Contains(s, ".") { // YAML wants 1.0e-05
			s = strings.Replace(s, "e", ".0e", 1)
		}
		return s
	case string:
		return yamlText(v)
	}
	return fmt.Sprint(v)
}

// yamlText quotes text unless it is a plain word. The escapes of Go's quoting are YAML's, too,
// but for those of bytes that are no UTF-8, which YAML has only in base64.
func yamlText(s string) string {
	switch {
	case !utf8.ValidString(s):
		return "!!binary " + base64.StdEncoding.EncodeToString([]byte(s))
	case s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/_,.") == "" && plainWord(s):
		return s
	}
	return strconv.Quote(s)
}

// plainWord says whether YAML takes an unquoted word as text.
func plainWord(s string) bool {
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null", ".inf", ".nan", "~":
		return false
	}
	return s[0] != ',' && s[0] != '.'
}
