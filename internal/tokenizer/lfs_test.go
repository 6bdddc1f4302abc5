package tokenizer

import "testing"

// TestPointer: a pointer of Git LFS in place of a file that is read is called that.
func TestPointer(t *testing.T) {
	const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 1355863\n"
	for name, files := range map[string]map[string][]byte{
		"tokenizer.json":          {},
		"vocab.json":              olderFiles(t),
		"merges.txt":              olderFiles(t),
		"vocab.txt":               olderBERT("{}"),
		"tokenizer_config.json":   olderBERT(""),
		"special_tokens_map.json": olderBERT("{}"),
		"added_tokens.json":       olderBERT("{}"),
		"config.json":             olderBERT("{}"),
	} {
		files[name] = []byte(pointer)
		_, err := Load(folder(files), "m", Options{})
		checkRefused(t, err, "m/"+name, "Git LFS pointer")
	}
}
