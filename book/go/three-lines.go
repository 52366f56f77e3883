// Three goroutines, and main waits for all of them.
package main

import (
	"fmt"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	for id := 1; id <= 3; id++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			fmt.Println("goroutine", id)
		}()
	}
	wg.Wait()
	fmt.Println("all are done")
}
