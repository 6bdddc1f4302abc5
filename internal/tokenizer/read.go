package tokenizer

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/lfs"
)

// largestFile bounds each file; tokenizer.json of 250,000 tokens has 17 MiB.
const largestFile = 64 << 20

// exists and read take a name with its folder, for messages; fsys is that folder.
func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, path.Base(name))
	return err == nil
}

// read returns the whole file, or an error that wraps fs.ErrNotExist if there is none.
func read(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(path.Base(name))
	if err != nil {
		return nil, fault.Invalidf("%s: cannot be opened: %w", name, cause(err))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, largestFile+1))
	if err != nil {
		return nil, fault.Invalidf("%s: cannot be read: %w", name, cause(err))
	}
	if len(b) > largestFile {
		return nil, fault.Invalidf("%s: larger than %d MiB, no tokenizer is: give the right file", name, largestFile>>20)
	}
	return b, lfs.Check(name, b)
}

// cause strips the path from an error, as the message has it already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// decode reads value, which stands under key in file (key "" is the whole file), into v:
// no key twice, no unknown key, no invalid UTF-8.
func decode(file, key string, value []byte, v any) error {
	err := json.Unmarshal(value, v, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return fault.Invalidf("%s: not valid json at key %s: %s: get the file anew",
			file, printable(cmp.Or(key+string(syntactic.JSONPointer), "/")), plain(syntactic.Err))
	}
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return fault.Invalidf("%s: key %s: %w", file, printable(cmp.Or(key, "/")), err)
	}
	where := printable(cmp.Or(key+string(semantic.JSONPointer), "/"))
	switch {
	case errors.Is(err, json.ErrUnknownName):
		return fault.Invalidf("%s: key %s is unknown and might change the ids: remove it if it does not", file, where)
	case semantic.JSONKind != 0 && semantic.GoType != nil:
		return fault.Invalidf("%s: key %s holds %s where %s belongs: get the file anew",
			file, where, found(semantic.JSONKind), nature(semantic.GoType))
	}
	return fault.Invalidf("%s: key %s: %s: get the file anew", file, where, plain(semantic.Err))
}

// printable quotes text from a file on one line, cut where a hostile one is endless.
func printable(text string) string {
	const enough = 120
	if len(text) > enough {
		return strconv.Quote(text[:enough]) + "…"
	}
	return strconv.Quote(text)
}

func plain(err error) string {
	if err == nil {
		return "not what belongs there"
	}
	text := err.Error()
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	return text
}

func found(k jsontext.Kind) string {
	switch k {
	case '[', ']':
		return "an array"
	case '{', '}':
		return "an object"
	case '"', '0':
		return "a " + k.String()
	default:
		return k.String() // true, false, null
	}
}

// nature says in JSON's terms what a field takes.
func nature(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return nature(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int32:
		return "a whole number below 2³¹"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "an array"
	case reflect.Array:
		return fmt.Sprintf("an array of %d", t.Len())
	default:
		return "an object"
	}
}
