# Prints lines and says how long that took: print.sh LINES RESULT_FILE
lines=$1
n=1
started=$(date +%s%N)
while [ "$n" -le "$lines" ]; do
  echo "epoch 3 step $n loss=0.1234 accuracy=0.9876 lr=0.001 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
  n=$((n + 1))
done
ended=$(date +%s%N)
echo $((ended - started)) >"$2"
