// Package scripts embeds the shell scripts for continuous integration, which the program prints.
package scripts

import (
	"embed"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

//go:embed train-and-gate smallest-rank slice-and-verify
var files embed.FS

// Listing is one script, or all of them.
type Listing struct {
	Scripts map[string]string `json:"scripts"` // texts by name

	name string // of the one; "": all
}

// List gives the script of a name, or all for "". A name that none has is of class Usage.
func List(name string) (*Listing, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	l := &Listing{Scripts: map[string]string{}, name: name}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		text, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return nil, err
		}
		if name == "" || name == e.Name() {
			l.Scripts[e.Name()] = string(text)
		}
	}
	if len(l.Scripts) == 0 {
		return nil, fault.Usagef("%q is none of the scripts %s", name, strings.Join(names, ", "))
	}
	return l, nil
}

// WriteText writes the one script as it is, or of all of them the name and what each does.
func (l *Listing) WriteText(w io.Writer) error {
	if l.name != "" {
		_, err := io.WriteString(w, l.Scripts[l.name])
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(l.Scripts)) {
		does := strings.TrimPrefix(strings.Split(l.Scripts[name], "\n")[1], "# ")
		if _, err := fmt.Fprintf(w, "%-17s %s\n", name, does); err != nil {
			return err
		}
	}
	return nil
}
