// Package format holds the versions of the files that dylora writes and reads again. A file of a newer version is refused
// by name, before anything else in it is judged: what it holds may mean something else by then. A file without a version
// is of version 1, since files had none at first. docs/formats.md describes them all.
package format

import (
	"encoding/json"
	"errors"

	"github.com/dylora/dylora/internal/fault"
)

// The versions that this program writes, and the newest that it reads. Raise one when a program that does not know the
// change would read the file wrongly; a key that may be missing is no such change unless readers refuse unknown keys.
// Then keep a file of the version before in cmd/dylora/testdata/formats.
const (
	Adapter    = 1 // dylora.json of an adapter or a merged model
	Settings   = 1 // config.yaml of a run, and files of settings
	Checkpoint = 1 // manifest.json of a checkpoint, for its tensors, too
	RunData    = 1 // data.json of a run
	Decision   = 1 // decision.json of a run
	PlanRecord = 1 // plan.json of a run, and the note of a failure beside it
	Tracking   = 1 // tracking.json of a run
	Split      = 1 // manifest.json of a split of GLUE in the cache
)

// Key is the key of the version in files of JSON and YAML.
const Key = "format"

// ErrNewer is in the chain of errors about a file that a newer version of dylora wrote.
var ErrNewer = errors.New("update dylora")

// Refuse is nil for a version that this program reads, and else an error of class Invalid that names the file and both versions.
func Refuse(path string, version, newest int) error {
	switch {
	case version > newest:
		return fault.Invalidf("%s has format %d, this program reads up to %d: %w", path, version, newest, ErrNewer)
	case version < 1:
		return fault.Invalidf("%s has format %d: formats begin at 1", path, version)
	}
	return nil
}

// Check is Refuse for a document of JSON. One that is no object, or in which the version is no whole number, passes: whoever
// reads it in full says what is wrong with it.
func Check(path string, document []byte, newest int) error {
	var head struct {
		Format *int `json:"format"`
	}
	if json.Unmarshal(document, &head) != nil || head.Format == nil {
		return nil //nolint:nilerr // as the comment above says
	}
	return Refuse(path, *head.Format, newest)
}
