// Package schema describes settings by the tags of the struct fields that hold them. A
// field with a tag "key" is a setting; a struct without one is a part of the tree and is
// walked. The tags are
//
//	key      the setting's name in files: max_steps
//	help     one line for a user; the name of its value may stand in quotes
//	default  the value where nothing else decides; without the tag it is the zero value
//	min      the least value that is allowed
//	max      the largest value that is allowed
//	above    a number below all that are allowed
//	below    beside min: a number above all that are allowed
//	empty    of a text: refuses the empty one, and says what to write instead
//	scope    where else the setting counts, separated by commas; see Scope
//
// A package that owns settings, as train does, tags its own configuration; package settings
// joins all of them in one tree.
package schema

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Scope is a use of a setting beside the command that it is given to.
type Scope string

// The scopes.
const (
	Free       Scope = "free"       // may differ when a run is resumed: it changes location or hardware, not results
	Remembered Scope = "remembered" // commands after training take it from the run
	Length     Scope = "length"     // may be larger when a finished run is resumed, which makes it longer
	Card       Scope = "card"       // stands in the model card
	Changed    Scope = "changed"    // stands in the model card where it is not the default
	Files      Scope = "files"      // belongs to a task of the user's own files alone
)

// Field is one setting of a tree.
type Field struct {
	Key   string
	Help  string
	Value reflect.Value // addressable: the field itself
	tag   reflect.StructTag
}

// Fields lists the settings of tree, a pointer to a struct, in the order in which they are
// declared.
func Fields(tree any) []Field { return appendFields(nil, reflect.ValueOf(tree).Elem()) }

func appendFields(list []Field, part reflect.Value) []Field {
	for i := range part.NumField() {
		tag := part.Type().Field(i).Tag
		key, ok := tag.Lookup("key")
		switch {
		case ok:
			list = append(list, Field{Key: key, Help: tag.Get("help"), Value: part.Field(i), tag: tag})
		case part.Field(i).Kind() == reflect.Struct && part.Type().Field(i).IsExported():
			list = appendFields(list, part.Field(i))
		}
	}
	return list
}

// Flag is the setting's name on a command line: max-steps.
func (f Field) Flag() string { return strings.ReplaceAll(f.Key, "_", "-") }

// Env is the setting's environment variable: DYLORA_MAX_STEPS.
func (f Field) Env() string { return "DYLORA_" + strings.ToUpper(f.Key) }

// In says whether the setting has the scope.
func (f Field) In(s Scope) bool {
	return slices.Contains(strings.Split(f.tag.Get("scope"), ","), string(s))
}

// Keys are the names of the settings of tree that have the scope.
func Keys(tree any, s Scope) (keys []string) {
	for _, f := range Fields(tree) {
		if f.In(s) {
			keys = append(keys, f.Key)
		}
	}
	return keys
}

// SetDefaults gives every setting of tree its default. It panics where a tag does not fit its
// field, which is a fault of the program that every test of a tree meets.
func SetDefaults(tree any) {
	for _, f := range Fields(tree) {
		text, ok := f.tag.Lookup("default")
		if !ok {
			f.Value.SetZero()
			continue
		}
		v, err := ParseText(f.Value.Type(), text)
		if err != nil {
			panic(fmt.Sprintf("schema: default of %s: %v", f.Key, err))
		}
		f.Value.Set(reflect.ValueOf(v))
	}
}

// bound is the number of a tag; ok is false where the field has no such tag.
func (f Field) bound(name string) (v float64, ok bool) {
	text, ok := f.tag.Lookup(name)
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(fmt.Sprintf("schema: %s of %s: %v", name, f.Key, err))
	}
	return v, true
}
