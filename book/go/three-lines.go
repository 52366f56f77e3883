// Three goroutines, and main waits for all of them.
package main

import (
	"fmt"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	for id := range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			fmt.Println("goroutine", id+1)
		}()
	}
	wg.Wait()
	fmt.Println("all goroutines have ended")
}
