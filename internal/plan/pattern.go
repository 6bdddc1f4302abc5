package plan

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

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
