package settings

import "fmt"

// Entry is a setting as it is shown.
type Entry struct {
	Key    string `json:"key"`
	Value  any    `json:"value"`
	Origin string `json:"origin"`
	From   string `json:"from,omitempty"` // a file's line, a variable or a flag
}

// Entries are all settings, in the order of the tree.
func (r *Resolved) Entries() (all []Entry) {
	for _, f := range r.Fields() {
		e := Entry{Key: f.Key, Value: Plain(f.Value), Origin: string(r.Origin(f.Key))}
		if from := r.Place(f.Key); from != e.Origin {
			e.From = from
		}
		all = append(all, e)
	}
	return all
}

// OriginText is "default", or an origin with its place: "file (run.yaml line 3)".
func (e Entry) OriginText() string {
	switch Origin(e.Origin) {
	case File, Env, Flag, Run:
		return fmt.Sprintf("%s (%s)", e.Origin, e.From)
	default:
		return e.Origin
	}
}
