export async function getServerSideProps({ params }) { return { props: params }; }
export default function Old({ slug }) { return <p>old {slug}</p>; }
