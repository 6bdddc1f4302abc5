package track

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzRead: no log makes reading fail otherwise than by an error, and what was read is behind the position.
func FuzzRead(f *testing.F) {
	f.Add(`{"kind":"step","step":1,"loss":0.5,"ranks":[1]}`+"\n"+`{"kind":"evaluation","step":1,"metric":"x","values":{"1":null}}`+"\n", 0, 0)
	f.Add("{}\n{\"step\":-1}\n", 1, 1)
	f.Add("{\"kind\":\"step\"", 0, 0)
	f.Fuzz(func(t *testing.T, text string, step, lines int) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, logName), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		list, _, _, err := read(dir, position{step, lines}, 10)
		if err != nil {
			return
		}
		for _, m := range list {
			if m.Step < step || len(m.Key) > maxKey || key(m.Key) != m.Key {
				t.Fatalf("%+v behind %d", m, step)
			}
		}
	})
}
