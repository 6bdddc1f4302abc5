package tokenizer

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// tokenizerClass is a tokenizer class of Transformers. It takes the vocabulary from the files of a
// folder and makes the rest itself: of tokenizer.json, the normalizer, the pre-tokenizer, the
// post-processor and the settings of the model have no effect. Only TokenizersBackend, once
// called PreTrainedTokenizerFast, takes all that tokenizer.json holds.
type tokenizerClass struct {
	name      string
	model     string   // the model in tokenizer.json that it takes; "": any, with all that is around it
	older     []string // the files of the vocabulary where there is no tokenizer.json
	readOlder func(f *modelFolder, a *arguments, d *definition) error
	usual     map[string]specialValue // special tokens that no file names, by key
	extras    []specialValue          // special tokens without a name, where no file has any
	edges     [2]string               // the keys of the tokens before and behind a text
	template  func(before, behind specialToken) template
	types     bool // token types are given to the model unless the files say otherwise
	byText    bool // unknown characters are unk_token of the vocabulary, not always the same id
	pipeline  func(c *tokenizerClass, f *modelFolder, a *arguments, n named, d *definition) error
}

// The classes that are supported. Source: the modules tokenization_bert, _roberta, _mpnet,
// _xlm_roberta, _camembert and tokenization_utils_tokenizers of Transformers.
var (
	backendClass = &tokenizerClass{name: "TokenizersBackend"}
	libraryClass = &tokenizerClass{name: "the tokenizers library", types: true} // without Transformers, where no file says what the model is
	bertClass    = &tokenizerClass{
		name: "BertTokenizer", model: "WordPiece", older: []string{"vocab.txt"}, types: true,
		usual: texts("unk_token", "[UNK]", "sep_token", "[SEP]", "pad_token", "[PAD]", "cls_token", "[CLS]", "mask_token", "[MASK]"),
		edges: [2]string{"cls_token", "sep_token"}, template: bertTemplate,
		readOlder: readVocabText, pipeline: (*tokenizerClass).wordPieceClass,
	}
	distilBertClass = bertClass.named("DistilBertTokenizer", false)
	mpnetClass      = &tokenizerClass{
		name: "MPNetTokenizer", model: "WordPiece", older: []string{"vocab.txt"},
		usual: withObjects(texts(append(robertaTokens, "unk_token", "[UNK]")...), specialKeys...),
		edges: [2]string{"cls_token", "sep_token"}, template: robertaTemplate,
		readOlder: readVocabText, pipeline: (*tokenizerClass).wordPieceClass,
	}
	xlmRobertaClass = &tokenizerClass{
		name: "XLMRobertaTokenizer", model: "Unigram", older: []string{pieceFile},
		usual: texts(robertaTokens...),
		edges: [2]string{"bos_token", "eos_token"}, template: robertaTemplate,
		readOlder: readXLMRoberta, pipeline: (*tokenizerClass).unigramClass,
	}
	camembertClass = &tokenizerClass{
		name: "CamembertTokenizer", model: "Unigram", older: []string{pieceFile},
		usual:  withObjects(texts(robertaTokens...), "mask_token"),
		extras: []specialValue{textValue("<s>NOTUSED"), textValue("</s>NOTUSED"), textValue("<unk>NOTUSED")},
		edges:  [2]string{"bos_token", "eos_token"}, template: robertaTemplate, byText: true,
		readOlder: readCamembert, pipeline: (*tokenizerClass).unigramClass,
	}
	robertaClass = &tokenizerClass{
		name: "RobertaTokenizer", model: "BPE", older: []string{"vocab.json", "merges.txt"},
		usual: texts(robertaTokens...),
		edges: [2]string{"cls_token", "sep_token"}, template: robertaTemplate,
		readOlder: readVocabMerges, pipeline: (*tokenizerClass).byteLevelClass,
	}
)

var robertaTokens = []string{"bos_token", "<s>", "eos_token", "</s>", "unk_token", "<unk>", "sep_token", "</s>", "pad_token", "<pad>", "cls_token", "<s>", "mask_token", "<mask>"}

// classes are the supported classes by their names, without the ending "Fast". Several names
// mean the same class.
var classes = map[string]*tokenizerClass{
	"TokenizersBackend": backendClass, "PythonBackend": backendClass, "PreTrainedTokenizer": backendClass,
	"BloomTokenizer": backendClass, "PreTrainedTokenizerFast": backendClass,
	"BertTokenizer": bertClass, "ElectraTokenizer": bertClass, "LayoutLMTokenizer": bertClass, "LxmertTokenizer": bertClass,
	"MobileBertTokenizer": bertClass, "SqueezeBertTokenizer": bertClass, "DistilBertTokenizer": distilBertClass,
	"MPNetTokenizer": mpnetClass, "XLMRobertaTokenizer": xlmRobertaClass, "CamembertTokenizer": camembertClass,
	"RobertaTokenizer": robertaClass, "BartTokenizer": robertaClass, "LEDTokenizer": robertaClass, "LongformerTokenizer": robertaClass, "MvpTokenizer": robertaClass,
}

// classOfType is the class of a model type where no file names one.
var classOfType = map[string]*tokenizerClass{
	"bert": bertClass, "distilbert": bertClass, "electra": bertClass,
	"mpnet": mpnetClass, "roberta": robertaClass, "xlm-roberta": xlmRobertaClass, "camembert": camembertClass,
}

// texts are special tokens by key, as they are written: key, content, key, content.
func texts(pairs ...string) map[string]specialValue {
	all := map[string]specialValue{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = textValue(pairs[i+1])
	}
	return all
}

// withObjects has some of the tokens as objects, of which the mask takes the white space before
// it.
func withObjects(all map[string]specialValue, keys ...string) map[string]specialValue {
	yes := true
	for _, key := range keys {
		v := all[key]
		v.text = false
		if key == "mask_token" {
			v.left, v.isSpecial = &yes, &yes
		}
		all[key] = v
	}
	return all
}

// named is the class under another name.
func (c tokenizerClass) named(name string, types bool) *tokenizerClass {
	c.name, c.types = name, types
	return &c
}

// class finds out the class of a folder: that of tokenizer_config.json, of config.json, of the
// model type, or, where no file says anything, that which reads the files. Source: AutoTokenizer.
func (f *modelFolder) class() (*tokenizerClass, error) {
	byType := classOfType[f.modelType]
	if len(f.named) > 0 && !(f.ownName && byType != nil) {
		first := f.named[0]
		c, err := classByName(first.content, first.place)
		if err == nil {
			f.log("tokenizer", c.name, first.place, "it names "+first.content)
		}
		return c, err
	}
	if c := byType; c != nil {
		f.log("tokenizer", c.name, f.typePlace, "the class of model type "+f.modelType+", as no file names one")
		return c, nil
	}
	if f.whole != nil {
		f.log("tokenizer", libraryClass.name, jsonFile, "it holds all of the tokenizer, and no file names a class or a model type that has one")
		return libraryClass, nil
	}
	for _, c := range []*tokenizerClass{robertaClass, bertClass} {
		if f.has(c.older[0]) {
			f.log("tokenizer", c.name, c.older[0], "the class that reads it, as no file names one")
			return c, nil
		}
	}
	return nil, fault.Invalidf("%s: holds no tokenizer: give a folder with tokenizer.json, or with vocab.json and merges.txt, or with vocab.txt", f.dir)
}

// classFrom says what class follows, for messages.
func (f *modelFolder) classFrom() string {
	switch {
	case len(f.named) > 0:
		return f.named[0].place
	case classOfType[f.modelType] != nil:
		return f.typePlace + " " + printable(f.modelType)
	}
	return "these files"
}

// classByName finds the class that a file names. A name that Transformers does not know means
// that tokenizer.json holds all of the tokenizer.
func classByName(name, place string) (*tokenizerClass, error) {
	base := strings.TrimSuffix(name, "Fast")
	if c := cmp.Or(classes[name], classes[base]); c != nil {
		return c, nil
	}
	if slices.Contains(otherClasses, base) {
		return nil, fault.Invalidf("%s: tokenizer_class %s is not supported: its text handling is none of BERT's, RoBERTa's, MPNet's and XLM-RoBERTa's. Use a model with one of these tokenizers", place, printable(name))
	}
	return backendClass, nil
}
