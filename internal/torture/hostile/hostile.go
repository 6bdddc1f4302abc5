// Package hostile has files of model and adapter folders that lead out of their folder, or are
// made to cost memory or time. All of them have to be refused.
package hostile

import (
	"fmt"
	"strings"
)

// Outside is a name beside the folder of a model: what a path must not find, though it is there.
const Outside = "outside.safetensors"

// Folder and Link are names in the folder of a model: a folder, and a link to the folder around.
const (
	Folder = "folder.safetensors"
	Link   = "link.safetensors"
)

// File is the text that takes the place of a file's.
type File struct {
	Name string // of the file in its folder
	What string // is wrong, for messages
	Text string
}

// paths lead out of a folder, or would on some system, or to what is no file there.
func paths() []string {
	return []string{
		"../" + Outside, "../../" + Outside, "a/../../" + Outside, "/etc/passwd", "/dev/zero", "//server/share/x.safetensors",
		`\\\\server\\share\\x.safetensors`, `..\\outside.safetensors`, `C:\\x.safetensors`, "C:/x.safetensors", "file:///etc/passwd.safetensors", `x\u0000.safetensors`,
		`\u0000`, "", ".", "..", "...", "~/x.safetensors", "$HOME/x.safetensors", "sub/x.safetensors", "./x.safetensors", Link + "/" + Outside, Folder,
		"con.safetensors", "x.safetensors ", `x.safetensors\n`, "http://localhost/x.safetensors", "%2e%2e/" + Outside, `\u202e.safetensors`, "x.SAFETENSORS",
	}
}

// values are no value of any key.
func values() []string {
	return []string{
		"1e400", "-1", "-9223372036854775809", "9223372036854775807", "1e18", "2147483648", "4294967297", "0.1", "NaN", "Infinity", "0x10", "01", "+1", `"../../../etc/passwd"`,
		`"\ud800"`, `"\u0000"`, "[[[[[[[[]]]]]]]]", `{"a":{"a":{"a":{}}}}`, strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 20_000), "1,", `"`, "", "\xff",
	}
}

// texts are whole files in the place of a sound one.
func texts(sound string) []string {
	half := sound[:len(sound)/2]
	return []string{"", " ", "null", "[]", "0", `"x"`, "\x00", "\xff\xfe{\x00}\x00", half, sound + sound, sound + "x", "{" + sound + "}", strings.Repeat("[", 1<<20),
		strings.Replace(sound, "{", `{"version":1,"version":1,`, 1), strings.ReplaceAll(sound, ":", "="), strings.Repeat(" ", 1<<20) + "}", "PK\x03\x04", "\x80\x02cos\nsystem\n"}
}

// Index and Adapter are sound but for what Files does to them: an index of the one tensor "a", and
// the configuration of an adapter.
const (
	Index   = `{"metadata":{"total_size":1},"weight_map":{"a":"x.safetensors"}}`
	Adapter = `{"peft_type":"LORA","task_type":"SEQ_CLS","r":2,"lora_alpha":16,"target_modules":["query"]}`
)

// Names of the files.
const (
	IndexName     = "model.safetensors.index.json"
	ConfigName    = "config.json"
	TokenizerName = "tokenizer.json"
	AdapterName   = "adapter_config.json"
)

// Files are more than 200, each alone in the place of a sound file of its name; sound gives that.
func Files(sound func(name string) (string, error)) (all []File, err error) {
	var quoted []string
	for _, p := range paths() {
		quoted = append(quoted, `"`+p+`"`)
	}
	for _, f := range []struct {
		name, key string // as the file writes it, before the value
		values    []string
		whole     bool
	}{
		{IndexName, `"a":`, append(quoted, values()...), true},
		{ConfigName, `"hidden_size":`, values(), true},
		{ConfigName, `"vocab_size":`, values(), false},
		{TokenizerName, `"model":`, values(), true},
		{AdapterName, `"r":`, values(), true},
	} {
		text, err := sound(f.name)
		if err != nil {
			return nil, err
		}
		if f.whole {
			for i, t := range texts(text) {
				all = append(all, File{f.name, fmt.Sprintf("%s, whole %d", f.name, i), t})
			}
		}
		at := strings.Index(text, f.key)
		if at < 0 {
			return nil, fmt.Errorf("%s has no %s", f.name, f.key)
		}
		rest := at + len(f.key)
		for _, v := range f.values {
			all = append(all, File{f.name, fmt.Sprintf("%s, %s %.60q", f.name, f.key, v), text[:rest] + v + text[rest+strings.IndexAny(text[rest:], ",}"):]})
		}
	}
	return all, nil
}
