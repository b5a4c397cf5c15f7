// Judges requests by audit policies with the API server's own code, for a test that compares.
//
// Reads one JSON object per line, a policy with requests, and writes one per line: what each request
// gets, or why the API server refuses the policy.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"

	"k8s.io/apiserver/pkg/audit/policy"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

type request struct {
	User, Verb, Path, Group, Resource, Subresource, Namespace, Name string
	Groups                                                          []string
}

type decision struct {
	Level       string   `json:"level"`
	OmitStages  []string `json:"omitStages"`
}

func judge(text string, requests []request) (decisions []decision, err error) {
	loaded, err := policy.LoadPolicyFromBytes([]byte(text))
	if err != nil {
		return nil, err
	}
	evaluator := policy.NewPolicyRuleEvaluator(loaded)
	for _, r := range requests {
		attributes := authorizer.AttributesRecord{
			User:            &user.DefaultInfo{Name: r.User, Groups: r.Groups},
			Verb:            r.Verb,
			Path:            r.Path,
			APIGroup:        r.Group,
			Resource:        r.Resource,
			Subresource:     r.Subresource,
			Namespace:       r.Namespace,
			Name:            r.Name,
			ResourceRequest: r.Path == "",
		}
		found := evaluator.EvaluatePolicyRule(attributes)
		stages := []string{}
		for _, stage := range found.OmitStages {
			stages = append(stages, string(stage))
		}
		sort.Strings(stages)
		decisions = append(decisions, decision{string(found.Level), stages})
	}
	return decisions, nil
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	lines := json.NewDecoder(bufio.NewReader(os.Stdin))
	for {
		var question struct {
			Policy   string
			Requests []request
		}
		if lines.Decode(&question) != nil {
			return
		}
		answer := map[string]any{}
		if decisions, err := judge(question.Policy, question.Requests); err != nil {
			answer["error"] = err.Error()
		} else {
			answer["decisions"] = decisions
		}
		line, _ := json.Marshal(answer)
		fmt.Fprintln(out, string(line))
	}
}
