// A goroutine is started, and main returns at once.
package main

import "fmt"

func count(who string) {
	for number := range 5 {
		fmt.Println(who, number)
	}
}

func main() {
	count("main")
	go count("goroutine")
	fmt.Println("Hello 1")
	fmt.Println("Hello 2")
}
