package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/schema"
)

// Reference is docs/settings.md: every setting by the tags of its field.
func Reference() []byte {
	var b strings.Builder
	b.WriteString(`# Settings

<!-- Made by make settings-reference of the tags of the settings' fields; a test compares. -->

A setting has one name: ` + "`max_steps`" + ` in a file is ` + "`--max-steps`" + ` on the command line and ` + "`DYLORA_MAX_STEPS`" + ` in the environment. Flags beat variables, these the file of ` + "`--config`" + `, and that the task's recipe,
which beats the defaults below; ` + "`dylora config show`" + ` prints each with where it comes from. The column "later" says:

| word | meaning |
|---|---|
| free | may differ when a run is resumed: it changes location or hardware, not results |
| longer | may be larger when a finished run is resumed, which makes it longer |
| kept | commands after training take it from the run |
| card | stands in the model card; "if set", only where it is not the default |
| files | belongs to tasks of your own files alone |

Any other change is refused when a run is resumed.
`)
	tree := Defaults()
	for _, part := range []struct {
		title string
		of    any
	}{{"Task, data and base model", &tree.Data}, {"Adapter", &tree.Adapter}, {"Training", &tree.Train}, {"Machine", &tree.Machine}} {
		fmt.Fprintf(&b, "\n## %s\n\n| setting | default | allowed | later | meaning |\n|---|---|---|---|---|\n", part.title)
		for _, f := range schema.Fields(part.of) {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.Key, shownDefault(f), cell(allowed(f)), later(f), cell(strings.ReplaceAll(f.Help, `"`, "")))
		}
	}
	return []byte(b.String())
}

// cell is text within a cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// shownDefault is the default of a setting; an empty text has none.
func shownDefault(f schema.Field) string {
	text := fmt.Sprint(Plain(f.Value))
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// allowed says which values a setting takes, where its type does not: its bounds, or the names that it may have.
func allowed(f schema.Field) string {
	if !isEnum(f.Value.Type()) && f.Key != "recipe" && f.Key != "quoting" { // others have choices, and further values
		return f.Range()
	}
	var names []string
	for _, name := range Choices(f.Key) {
		names = append(names, "`"+name+"`")
	}
	return strings.Join(names, ", ")
}

// later says where else a setting counts.
func later(f schema.Field) string {
	var words []string
	for _, s := range []struct {
		scope schema.Scope
		word  string
	}{{schema.Free, "free"}, {schema.Length, "longer"}, {schema.Remembered, "kept"}, {schema.Card, "card"}, {schema.Changed, "card if set"}, {schema.Files, "files"}} {
		if f.In(s.scope) {
			words = append(words, s.word)
		}
	}
	return strings.Join(slices.Compact(words), ", ")
}
