// The goroutine gets a copy, so what main does later cannot change it.
package main

import (
	"fmt"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	word := "old"
	wg.Add(1)
	go func(word string) {
		defer wg.Done()
		fmt.Println(word)
	}(word)
	word = "new"
	wg.Wait()
	fmt.Println("main has", word)
}
