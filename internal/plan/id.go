package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/track"
)

// MachineKeys are the settings that are no part of a training's identity: they say with what
// to compute, how often to save and who is shown it, and results do not depend on them.
func MachineKeys() []string { return []string{"threads", "kernel", "checkpoint_every", "track"} }

// parent is the plan for who tracks its trainings: the same for all processes that train a part of it.
func (p *Plan) parent() track.Parent {
	h := sha256.New()
	for _, l := range p.Lines {
		fmt.Fprintln(h, l.ID)
	}
	return track.Parent{Key: "plan-" + hex.EncodeToString(h.Sum(nil)[:12]), Name: strings.TrimSuffix(filepath.Base(p.Path), filepath.Ext(p.Path))}
}

// ID identifies a training by its resolved settings, those of MachineKeys left out: twelve
// hexadecimal digits of a SHA-256. Settings that have their default do not count, so that a
// later version with more of them gives the same training the same ID.
func ID(r *settings.Resolved) string {
	h := sha256.New()
	defaults := settings.Defaults().Fields()
	for i, f := range r.Fields() {
		if f.Value.Interface() == defaults[i].Value.Interface() || slices.Contains(MachineKeys(), f.Key) {
			continue
		}
		v := settings.Plain(f.Value)
		if f.Key == "task" {
			v = taskName(fmt.Sprint(v))
		}
		fmt.Fprintf(h, "%s: %s\n", f.Key, settings.YAMLValue(v))
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// taskName is the one form of a known task's name; the file of a task of the user's own stays.
func taskName(name string) string {
	if t, err := data.LookupTask(name); err == nil && !data.IsFile(name) {
		return t.Name
	}
	return name
}
