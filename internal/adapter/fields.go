package adapter

// rule is what dylora does with a field of adapter_config.json.
type rule int

const (
	used    rule = iota // read by parseConfig
	ignored             // no effect on a loaded adapter's results, whatever it says
	neutral             // would change the results: refused unless it says nothing
)

// field is one key of PEFT's LoraConfig.
type field struct {
	name    string
	rule    rule
	written string   // the JSON that Save writes unless it has a value of its own; "" if PEFT 0.21.2 has no such field
	allowed []string // neutral: the values that change nothing
	why     string   // neutral: what another value asks for
}

// The values of neutral fields that say nothing.
var (
	null  = []string{"null"}
	no    = []string{"false", "null"}
	empty = []string{"null", "{}", "[]", `""`}
)

// fields are all keys of LoraConfig that PEFT writes or once wrote (0.3 to 0.21.2), by
// name. A key that is not here is refused unless its value says that it is not in use, as
// nobody can say what it would change.
var fields = [...]field{
	{"alora_invocation_tokens", neutral, "null", null, "activated LoRA"},
	{"alpha_pattern", used, "", nil, ""},
	{"arrow_config", neutral, "null", null, "Arrow routing"},
	{"auto_mapping", ignored, "null", nil, ""},
	{"base_model_name_or_path", ignored, "null", nil, ""}, // written; the model is given by flag or dylora.json
	{"bias", used, "", nil, ""},
	{"corda_config", ignored, "null", nil, ""}, // what init_lora_weights has to allow first
	{"enable_lora", neutral, "", null, "merged projections"},
	{"ensure_weight_tying", ignored, "false", nil, ""}, // no adapted module has tied weights
	{"eva_config", ignored, "null", nil, ""},
	{"exclude_modules", used, "null", nil, ""},    // what is adapted is written as target_modules alone
	{"fan_in_fan_out", ignored, "false", nil, ""}, // PEFT sets it to false for the linear maps of these encoders
	{"inference_mode", ignored, "true", nil, ""},
	{"init_lora_weights", neutral, "true", []string{"true", "false", "null", `"gaussian"`, `"orthogonal"`, `"eva"`}, "an initialisation that changes the base model's weights"},
	{"kasa_config", neutral, "null", null, "KaSA"},
	{"layer_replication", neutral, "null", empty, "repeated layers"},
	{"layers_pattern", used, "null", nil, ""},
	{"layers_to_transform", used, "null", nil, ""},
	{"loftq_config", ignored, "{}", nil, ""},
	{"lora_alpha", used, "", nil, ""},
	{"lora_bias", neutral, "false", no, "a bias beside B"},
	{"lora_dropout", ignored, "0.0", nil, ""}, // of training
	{"lora_ga_config", ignored, "null", nil, ""},
	{"megatron_config", neutral, "null", null, "Megatron's parallel layers"},
	{"megatron_core", ignored, `"megatron.core"`, nil, ""},
	{"merge_weights", ignored, "", nil, ""},
	{"modules_to_save", used, "", nil, ""},
	{"monteclora_config", neutral, "null", null, "MonteCLoRA"},
	{"peft_type", used, `"LORA"`, nil, ""},
	{"peft_version", ignored, `"0.21.2"`, nil, ""},
	{"qalora_group_size", ignored, "16", nil, ""}, // what use_qalora has to allow first
	{"r", used, "", nil, ""},
	{"rank_pattern", used, "", nil, ""},
	{"revision", ignored, "null", nil, ""},
	{"runtime_config", ignored, "", nil, ""},
	{"target_modules", used, "", nil, ""},
	{"target_parameters", neutral, "null", empty, "adapted bare parameters"},
	{"task_type", used, `"SEQ_CLS"`, nil, ""},
	{"trainable_token_indices", neutral, "null", empty, "trained embeddings"},
	{"use_bdlora", neutral, "null", no, "block-diagonal LoRA"},
	{"use_dora", neutral, "false", no, "DoRA"},
	{"use_qalora", neutral, "false", no, "QALoRA"},
	{"use_rslora", used, "", nil, ""},
	{"velora_config", neutral, "null", null, "VeLoRA"},
}
