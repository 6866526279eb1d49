// Makes and checks the data of OutsideImplementationTest with golang.org/x/mod/sumdb (note and tlog): the
// implementation behind Go's checksum database.
//
//	go run . make <directory>    writes go.json: keys, notes, roots and proofs made by Go
//	go run . check <file>        checks ours.json, what Keyledger made, and says so
package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type Inclusion struct {
	Leaf, Size int64
	Hashes     []string
}

type Consistency struct {
	Older, Size int64
	Hashes      []string
}

type Tree struct {
	Leaves        []string // hex of the entries
	Roots         []string // by size, from 0
	Inclusions    []Inclusion
	Consistencies []Consistency
}

type Data struct {
	VerifierKey string
	Notes       []string
	Checkpoint  string
	Tree        Tree
	Proof       string // a tlog-proof, whose checkpoint and hashes are in it
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

type zeros struct{ next byte }

// Repeats, so that the data comes out the same again.
func (z *zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = z.next
		z.next++
	}
	return len(p), nil
}

type storage []tlog.Hash

func (s *storage) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = (*s)[x]
	}
	return out, nil
}

func strs(hashes []tlog.Hash) []string {
	out := []string{}
	for _, h := range hashes {
		out = append(out, h.String())
	}
	return out
}

func hashes(texts []string) []tlog.Hash {
	var out []tlog.Hash
	for _, t := range texts {
		h, err := tlog.ParseHash(t)
		must(err)
		out = append(out, h)
	}
	return out
}

func root(leaves [][]byte, size int64) (tlog.Hash, *storage) {
	s := &storage{}
	for i := int64(0); i < size; i++ {
		add, err := tlog.StoredHashes(i, leaves[i], s)
		must(err)
		*s = append(*s, add...)
	}
	h, err := tlog.TreeHash(size, s)
	must(err)
	return h, s
}

func build(n int) Tree {
	var leaves [][]byte
	tree := Tree{}
	for i := 0; i < n; i++ {
		leaf := []byte(fmt.Sprintf("entry %d", i))
		leaves = append(leaves, leaf)
		tree.Leaves = append(tree.Leaves, hex.EncodeToString(leaf))
	}
	for size := int64(0); size <= int64(n); size++ {
		h, s := root(leaves, size)
		if size == 0 {
			tree.Roots = append(tree.Roots, "")
			continue
		}
		tree.Roots = append(tree.Roots, h.String())
		for leaf := int64(0); leaf < size; leaf++ {
			p, err := tlog.ProveRecord(size, leaf, s)
			must(err)
			tree.Inclusions = append(tree.Inclusions, Inclusion{leaf, size, strs(p)})
		}
		for older := int64(1); older <= size; older++ {
			p, err := tlog.ProveTree(size, older, s)
			must(err)
			tree.Consistencies = append(tree.Consistencies, Consistency{older, size, strs(p)})
		}
	}
	return tree
}

func make_(directory string) {
	skey, vkey, err := note.GenerateKey(&zeros{}, "go.example/log")
	must(err)
	signer, err := note.NewSigner(skey)
	must(err)
	witnessKey, _, err := note.GenerateKey(&zeros{100}, "witness.example")
	must(err)
	witness, err := note.NewSigner(witnessKey)
	must(err)
	data := Data{VerifierKey: vkey, Tree: build(17)}
	for _, text := range []string{"a text\n", "über zwei\n\nAbsätze — mit Strich\n", "\n"} {
		n, err := note.Sign(&note.Note{Text: text}, signer)
		must(err)
		data.Notes = append(data.Notes, string(n))
		n, err = note.Sign(&note.Note{Text: text}, witness, signer)
		must(err)
		data.Notes = append(data.Notes, string(n))
	}
	checkpoint, err := note.Sign(&note.Note{Text: "go.example/log\n17\n" + data.Tree.Roots[17] + "\n"}, signer)
	must(err)
	data.Checkpoint = string(checkpoint)
	out, err := json.MarshalIndent(data, "", " ")
	must(err)
	must(os.WriteFile(directory+"/go.json", append(out, '\n'), 0o644))
}

func check(file string) {
	in, err := os.ReadFile(file)
	must(err)
	var data Data
	must(json.Unmarshal(in, &data))
	verifier, err := note.NewVerifier(data.VerifierKey)
	must(err)
	for _, text := range append(data.Notes, data.Checkpoint) {
		n, err := note.Open([]byte(text), note.VerifierList(verifier))
		must(err)
		if len(n.Sigs) != 1 {
			log.Fatal("not signed: ", text)
		}
	}
	var leaves [][]byte
	for _, l := range data.Tree.Leaves {
		b, err := hex.DecodeString(l)
		must(err)
		leaves = append(leaves, b)
	}
	size := int64(len(leaves))
	for s := int64(1); s <= size; s++ {
		h, _ := root(leaves, s)
		if h.String() != data.Tree.Roots[s] {
			log.Fatal("another root of size ", s)
		}
	}
	for _, i := range data.Tree.Inclusions {
		r, err := tlog.ParseHash(data.Tree.Roots[i.Size])
		must(err)
		must(tlog.CheckRecord(hashes(i.Hashes), i.Size, r, i.Leaf, tlog.RecordHash(leaves[i.Leaf])))
	}
	for _, c := range data.Tree.Consistencies {
		older, err := tlog.ParseHash(data.Tree.Roots[c.Older])
		must(err)
		r, err := tlog.ParseHash(data.Tree.Roots[c.Size])
		must(err)
		must(tlog.CheckTree(hashes(c.Hashes), c.Size, r, c.Older, older))
	}
	// The tlog-proof: its lines are simple enough to read by hand.
	parts := strings.SplitN(data.Proof, "\n\n", 2)
	n, err := note.Open([]byte(parts[1]), note.VerifierList(verifier))
	must(err)
	head := strings.Split(n.Text, "\n")
	r, err := tlog.ParseHash(head[2])
	must(err)
	var proofSize, leaf int64
	fmt.Sscan(head[1], &proofSize)
	lines := strings.Split(parts[0], "\n")
	entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	must(err)
	fmt.Sscan(strings.TrimPrefix(lines[2], "index "), &leaf)
	must(tlog.CheckRecord(hashes(lines[3:]), proofSize, r, leaf, tlog.RecordHash(entry)))
	fmt.Printf("%d notes, %d roots, %d inclusion proofs, %d consistency proofs and a tlog-proof are right\n",
		len(data.Notes)+1, size, len(data.Tree.Inclusions), len(data.Tree.Consistencies))
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "make" {
		make_(os.Args[2])
	} else if len(os.Args) == 3 && os.Args[1] == "check" {
		check(os.Args[2])
	} else {
		log.Fatal("make <directory> or check <file>")
	}
}
